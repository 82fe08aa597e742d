"""What a replay must know of stored bytes: where they go, and whether they were asked for.

An event of a newer schema is read as far as this schema knows it and sent on whole: it is the
target's projector that must understand it.
"""

from typing import NamedTuple

from google.protobuf.message import DecodeError

from odds import command_codec, event_codec
from odds.command import Domain, EventVelocity
from odds.v1 import event_pb2


class NoRoute(ValueError):
    """The bytes don't say where they belong; the message says what is missing."""


class EventFacts(NamedTuple):
    event_id: str
    external_id: str
    domain: Domain
    velocity: EventVelocity
    game_type: str
    game_id: str
    provider: str
    schema_version: int

    def attributes(self) -> dict[str, str]:
        """The routing facts that the event first travelled with."""
        return event_codec.routing_attributes(
            self.event_id,
            self.domain,
            self.velocity,
            self.game_type,
            self.game_id,
            self.schema_version,
        )


def read(data: bytes) -> EventFacts:
    """Raises NoRoute."""
    try:
        event = event_pb2.Event.FromString(data)
    except DecodeError:
        raise NoRoute("the bytes are no Event") from None
    command = event.payload
    velocity = command_codec.velocity_tier_of(command.event_velocity)
    domain = command_codec.domain_of(event.domain)
    if velocity is None or domain is None:
        raise NoRoute(f"velocity tier {command.event_velocity} or domain {event.domain} is unknown")
    if not (event.event_id and event.game_type and command.payload.game_id):
        raise NoRoute("the event id, the game or the game type is missing")
    return EventFacts(
        event_id=event.event_id,
        external_id=event.external_id,
        domain=domain,
        velocity=velocity,
        game_type=event.game_type,
        game_id=command.payload.game_id,
        provider=command.provider,
        schema_version=event.schema_version,
    )
