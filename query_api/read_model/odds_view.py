"""Odds as readers see them."""

from typing import TypedDict
from uuid import UUID

import msgspec


class MoneyLine(TypedDict):
    """Prices of the outcomes; ``draw`` is None where there is no draw."""

    home: float
    away: float
    draw: float | None


class OddsView(msgspec.Struct, frozen=True, kw_only=True):
    """One odds; times in microseconds since the epoch."""

    id: int
    external_id: UUID
    provider: str
    game_id: str
    game_type: str
    home: float
    away: float
    draw: float | None
    deleted: bool
    created_at: int
    updated_at: int

    @property
    def moneyline(self) -> MoneyLine:
        return {"home": self.home, "away": self.away, "draw": self.draw}


class OddsPage(msgspec.Struct, frozen=True):
    """One page of a list of odds; ``total`` counts those of all pages, and the feed goes on after
    ``cursor``."""

    odds: list[OddsView]
    page_no: int
    page_size: int
    total: int
    cursor: str
