"""Events as readers see them."""

from uuid import UUID

import msgspec

from odds.command import CommandName
from odds.fold import Outcome
from query_api.read_model.odds_view import MoneyLine


class OddsEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event, and its odds as of it; times in microseconds since the epoch.

    The odds have the prices of a newer event where this one came late. ``projected_at`` is when the
    read model took the event: after a rebuild, when it was rebuilt.
    """

    event_id: UUID
    external_id: UUID
    provider: str
    game_id: str
    command: CommandName
    outcome: Outcome
    home: float | None
    away: float | None
    draw: float | None
    deleted: bool
    command_home: float | None
    command_away: float | None
    command_draw: float | None
    occurred_at: int
    created_at: int
    projected_at: int

    @property
    def moneyline(self) -> MoneyLine | None:
        """Of the odds; None for a DeleteOdds that came before any price."""
        return _money_line(self.home, self.away, self.draw)

    @property
    def command_moneyline(self) -> MoneyLine | None:
        """What the command gave; None for a DeleteOdds."""
        return _money_line(self.command_home, self.command_away, self.command_draw)


class PendingEvent(msgspec.Struct, frozen=True):
    """An event that has not been projected, or that never was one: nobody can tell which."""

    event_id: UUID


class OddsHistory(msgspec.Struct, frozen=True):
    """One page of the events of an odds, newest first; ``total`` counts those of all pages."""

    events: list[OddsEvent]
    page_no: int
    page_size: int
    total: int


def _money_line(home: float | None, away: float | None, draw: float | None) -> MoneyLine | None:
    return None if home is None or away is None else {"home": home, "away": away, "draw": draw}
