"""What a provider sends, in the REST API's own names."""

from dataclasses import dataclass
from typing import Any, Literal

Verb = Literal["NewOdds", "UpdateOdds", "DeleteOdds"]
VelocityTier = Literal["high", "medium", "low"]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """The prices of a game's outcomes. ``draw`` is None in sports that have none."""

    home: float
    away: float
    draw: float | None = None

    def body(self) -> Body:
        prices = {"Home": self.home, "Away": self.away}
        return prices if self.draw is None else prices | {"Draw": self.draw}


@dataclass(frozen=True, slots=True)
class FeedCommand:
    """One command to send, and where it came from.

    ``odds`` names the odds it is about among those being played: the RequestID of its NewOdds.
    ``occurred_at`` is in microseconds since the epoch; ``line`` counts from 1.
    """

    verb: Verb
    odds: str
    occurred_at: int
    body: Body
    line: int = 0


@dataclass(frozen=True, slots=True)
class UnusableLine:
    """A line, or a part of one, that no command can be made of."""

    line: int
    reason: str
