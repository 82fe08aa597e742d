"""The projection of events as a pure function: what the SQL of the read model does to a batch."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec

from odds.command import CommandName, MoneyLine
from odds.event import Event, OddsKey, Stamp


class Outcome(StrEnum):
    """What became of an event (design, rule 5)."""

    APPLIED = "applied"
    """It changed odds that readers see: only these are streamed."""
    STALE = "stale"
    """The odds had a newer price already."""
    HIDDEN = "hidden"
    """No NewOdds of that provider and game has come for it."""
    DELETED = "deleted"
    """The odds were deleted."""


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of one odds that have come so far lead to; times in microseconds.

    Readers see it once its NewOdds has come, which gives ``created_at`` and ``game_type``.
    """

    money_line: MoneyLine | None = None
    price_stamp: Stamp | None = None
    newest_stamp: Stamp | None = None
    created_at: int | None = None
    game_type: str | None = None
    deleted: bool = False

    @property
    def updated_at(self) -> int | None:
        return self.newest_stamp and self.newest_stamp[1]


def apply(odds: Odds, event: Event) -> tuple[Odds, Outcome]:
    """The odds with one more event, and what became of the event.

    The odds are the same for any order and repetition of the same events (design, rule 3); the
    outcome tells what this event did on its arrival.
    """
    command = event.command.command
    changes: dict[str, object] = {
        "newest_stamp": max(odds.newest_stamp or event.stamp, event.stamp)
    }
    newer = odds.price_stamp is None or event.stamp > odds.price_stamp
    if command is CommandName.DELETE_ODDS:
        changes["deleted"] = True
    elif newer:
        changes |= {"money_line": event.command.payload.money_line, "price_stamp": event.stamp}
    if command is CommandName.NEW_ODDS:
        changes |= {"created_at": event.created_at, "game_type": event.game_type}
    folded = msgspec.structs.replace(odds, **changes)
    return folded, _outcome(odds, folded, command, newer=newer)


def _outcome(odds: Odds, folded: Odds, command: CommandName, *, newer: bool) -> Outcome:
    if folded.created_at is None:
        return Outcome.HIDDEN
    if odds.deleted:
        return Outcome.DELETED
    if command is CommandName.UPDATE_ODDS and not newer:
        return Outcome.STALE
    return Outcome.APPLIED


def fold(events: Iterable[Event]) -> tuple[dict[OddsKey, Odds], dict[UUID, Outcome]]:
    """The odds that events lead to, and the outcome of each; a repeated event changes nothing."""
    odds: dict[OddsKey, Odds] = {}
    outcomes: dict[UUID, Outcome] = {}
    for event in events:
        if event.event_id in outcomes:
            continue
        before = odds.get(event.odds_key, Odds())
        odds[event.odds_key], outcomes[event.event_id] = apply(before, event)
    return odds, outcomes
