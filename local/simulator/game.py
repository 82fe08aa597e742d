"""One simulated game: who is likely to win it, as it goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from local.simulator.sports import Sport

_START_SPREAD = 0.8
_LONGEST_LEAD = 4.0
_DRAW_WIDTH = 1.6
_SHORTEST_SECONDS, _LONGEST_SECONDS = 120, 480


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of a game's outcomes; they sum to 1."""

    home: float
    away: float
    draw: float | None


class Game:
    """A game whose lead wanders, and leaps when somebody scores. Times are microseconds."""

    def __init__(self, sport: Sport, teams: Sequence[str], begins: int, random: Random) -> None:
        self.sport = sport
        self.home, self.away = teams
        self.game_id = f"{sport.game_type}:sim-{begins}-{_slug(self.home)}-v-{_slug(self.away)}"
        self.ends = begins + round(random.uniform(_SHORTEST_SECONDS, _LONGEST_SECONDS) * 1e6)
        self._begins = begins
        self._moved = begins
        self._random = random
        self._lead = random.gauss(0, _START_SPREAD)

    def move(self, now: int) -> bool:
        """Let the game go on until ``now``; whether somebody scored meanwhile."""
        seconds = (now - self._moved) / 1e6
        self._moved = now
        self._lead += self._random.gauss(0, self.sport.drift) * math.sqrt(seconds)
        scored = self._random.random() > math.exp(-seconds / self.sport.seconds_per_score)
        if scored:
            # A score tells more, the less is left to play.
            jump = self.sport.jump * (0.5 + self._played(now))
            self._lead += jump if self._random.random() < self.chances().home else -jump
        self._lead = max(-_LONGEST_LEAD, min(_LONGEST_LEAD, self._lead))
        return scored

    def chances(self) -> Chances:
        home = 1 / (1 + math.exp(-self._lead))
        if self.sport.draw_share is None:
            return Chances(home, 1 - home, None)
        draw = self.sport.draw_share * math.exp(-((self._lead / _DRAW_WIDTH) ** 2))
        return Chances(home * (1 - draw), (1 - home) * (1 - draw), draw)

    def _played(self, now: int) -> float:
        return (now - self._begins) / (self.ends - self._begins)


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
