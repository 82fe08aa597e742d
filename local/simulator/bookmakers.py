"""How each simulated bookmaker makes prices of chances."""

from collections.abc import Callable
from dataclasses import dataclass

from local.feeders.commands import MoneyLine
from local.simulator.game import Chances

_SHORTEST_CHANCE, _LONGEST_CHANCE = 0.005, 0.985


def decimal_odds(chance: float) -> float:
    """What comes back for a stake of 1, in steps as bookmakers quote them: finer, the shorter."""
    odds = 1 / chance
    step = 0.01 if odds < 3 else 0.05 if odds < 6 else 0.5 if odds < 20 else 1.0
    return round(max(round(odds / step) * step, 1.01), 2)


def american_odds(chance: float) -> float:
    """What 100 wins, or negative: what must be staked to win 100; in steps of 5."""
    won = -100 * chance / (1 - chance) if chance > 0.5 else 100 * (1 - chance) / chance
    steps = round(won / 5) * 5
    return float(steps if abs(steps) >= 100 else 100)


@dataclass(frozen=True, slots=True)
class Bookmaker:
    """``margin`` is what its chances sum to above 1; ``lag`` how many seconds it follows late."""

    name: str
    margin: float
    lag: float
    odds: Callable[[float], float] = decimal_odds

    def money_line(self, chances: Chances) -> MoneyLine:
        return MoneyLine(
            self._price(chances.home),
            self._price(chances.away),
            None if chances.draw is None else self._price(chances.draw),
        )

    def _price(self, chance: float) -> float:
        asked = chance * (1 + self.margin)
        return self.odds(min(max(asked, _SHORTEST_CHANCE), _LONGEST_CHANCE))


BOOKMAKERS = (
    Bookmaker("acorn", 0.035, 0.1),
    Bookmaker("bluebell", 0.04, 0.4),
    Bookmaker("cardinal", 0.045, 0.7),
    Bookmaker("dovetail", 0.05, 1.2),
    Bookmaker("empire-us", 0.04, 0.5, american_odds),
)
