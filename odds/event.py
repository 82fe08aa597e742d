"""Events: the facts that commands were accepted."""

from uuid import UUID

import msgspec

from odds import identity
from odds.command import CommandName, CommandRequest

SCHEMA_VERSION = 1
"""Raised when a reader of the version before could misread an event."""

Stamp = tuple[int, int, UUID]
"""(OccurredAt, CreatedAt, EventID), times in microseconds."""

OddsKey = tuple[UUID, str, str]
"""(ExternalID, Provider, GameID)."""


class Event(msgspec.Struct, frozen=True):
    """An accepted command, the odds it is about and the game type it was routed by.

    ``created_at`` is in microseconds since the epoch.
    """

    event_id: UUID
    external_id: UUID
    game_type: str
    command: CommandRequest
    created_at: int

    @property
    def occurred_at(self) -> int:
        """When the provider set the price; when we accepted it, where it isn't said (µs)."""
        occurred_at = self.command.payload.occurred_at
        return self.created_at if occurred_at is None else int(occurred_at)

    @property
    def stamp(self) -> Stamp:
        """Of two events of one odds the one with the greater stamp is newer (design, rule 3)."""
        return (self.occurred_at, self.created_at, self.event_id)

    @property
    def odds_key(self) -> OddsKey:
        """Which odds the event is about: no other provider's and no other game's."""
        return (self.external_id, self.command.provider, self.command.payload.game_id)

    def says_the_same_as(self, other: "Event") -> bool:
        """Whether both are of one command; a command sent twice differs in created_at alone."""
        return (self.event_id, self.external_id, self.command) == (
            other.event_id,
            other.external_id,
            other.command,
        )


def accept(command: CommandRequest, external_id: UUID | None, game_type: str, *, now: int) -> Event:
    """The event of a valid command, accepted ``now`` (µs); ``external_id`` is None for NewOdds."""
    event_id = identity.event_id(command.provider, command.request_id)
    if command.command is CommandName.NEW_ODDS:
        external_id = identity.external_id(event_id)
    if external_id is None:
        raise ValueError(f"{command.command} needs the external_id of the odds")
    return Event(event_id, external_id, game_type, command, now)
