"""Events as the protobuf bytes that the bus carries and the event store keeps, and back."""

from typing import NamedTuple
from uuid import UUID

import msgspec
from google.protobuf.message import DecodeError

from odds import command_codec, identity
from odds.command import (
    MAX_GAME_TYPE,
    CommandName,
    Domain,
    EventVelocity,
    check_command,
    text_problem,
)
from odds.event import SCHEMA_VERSION, Event
from odds.v1 import command_pb2, event_pb2

MAX_BYTES = 1_000_000
"""Of an event: what a Datastore entity can hold beside its keys. Commands are far smaller."""


class UndecodableEvent(ValueError):
    """Bytes that are no event of this contract; the message says why."""


class EncodedEvent(NamedTuple):
    """An event beside its bytes, which may hold fields that a newer writer added."""

    event: Event
    data: bytes


def encode(event: Event) -> bytes:
    """The bytes of an event: the same for the same event."""
    return event_pb2.Event(
        event_id=str(event.event_id),
        domain=command_pb2.DOMAIN_ODDS,
        payload=command_codec.to_message(event.command),
        created_at_us=event.created_at,
        external_id=str(event.external_id),
        schema_version=SCHEMA_VERSION,
        game_type=event.game_type,
    ).SerializeToString(deterministic=True)


def attributes(event: Event) -> dict[str, str]:
    """The routing facts that travel beside the bytes of an event."""
    command = event.command
    return routing_attributes(
        str(event.event_id),
        command.domain,
        command.event_velocity,
        event.game_type,
        command.payload.game_id,
        SCHEMA_VERSION,
    )


def routing_attributes(
    event_id: str,
    domain: Domain,
    velocity: EventVelocity,
    game_type: str,
    game_id: str,
    schema_version: int,
) -> dict[str, str]:
    """As ``attributes``, for whoever has not read the whole event."""
    return {
        "event_id": event_id,
        "domain": domain,
        "event_velocity": velocity,
        "game_type": game_type,
        "game_id": game_id,
        "schema_version": str(schema_version),
    }


def decode(data: bytes) -> EncodedEvent:
    """Read an event and hold it against every rule that its command was held against.

    Raises UndecodableEvent for bytes that are no Event, one of a newer schema, one that is
    invalid inside, or one whose ids are not those of its command (design, rule 1).
    """
    if len(data) > MAX_BYTES:
        raise UndecodableEvent(f"{len(data)} bytes are more than an Event can have")
    try:
        message = event_pb2.Event.FromString(data)
    except DecodeError as error:
        raise UndecodableEvent("the bytes are no Event") from error
    if not 1 <= message.schema_version <= SCHEMA_VERSION:
        raise UndecodableEvent(
            f"schema version {message.schema_version} is none of 1 to {SCHEMA_VERSION}"
        )
    try:
        return EncodedEvent(_event(message), data)
    except ValueError as error:
        raise UndecodableEvent(f"the Event is invalid: {error}") from error


def _event(message: event_pb2.Event) -> Event:
    command = command_codec.from_message(message.payload)
    if message.domain != command_pb2.DOMAIN_ODDS:
        raise ValueError(f"domain {message.domain} is not Odds")
    if message.created_at_us <= 0:
        raise ValueError("created_at_us is not after 1970")
    if problem := text_problem(message.game_type, MAX_GAME_TYPE):
        raise ValueError(f"game_type {problem}")
    check_command(command, now=message.created_at_us)
    event = Event(
        event_id=_uuid("event_id", message.event_id),
        external_id=_uuid("external_id", message.external_id),
        game_type=message.game_type,
        command=command,
        created_at=message.created_at_us,
    )
    _check_identity(event)
    return event


def _uuid(field: str, text: str) -> UUID:
    try:
        return msgspec.convert(text, UUID)  # a quarter of UUID(text)'s time
    except msgspec.ValidationError:
        raise ValueError(f"{field} is no UUID") from None


def _check_identity(event: Event) -> None:
    command = event.command
    if event.event_id != identity.event_id(command.provider, command.request_id):
        raise ValueError("event_id is not that of its Provider and RequestID")
    is_new = command.command is CommandName.NEW_ODDS
    if is_new and event.external_id != identity.external_id(event.event_id):
        raise ValueError("external_id is not that of its NewOdds")
