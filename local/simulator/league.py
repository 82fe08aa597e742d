"""All simulated games and what the bookmakers say of them, in the order of time.

Pure: the same random numbers and the same start give the same commands.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from local.feeders.commands import FeedCommand
from local.simulator.bookmakers import BOOKMAKERS
from local.simulator.counter import Counter, Quote
from local.simulator.game import Game
from local.simulator.sports import SPORTS, Sport

GAMES_PER_SPORT = 2

_SUSPENDED_AFTER_SCORE = 0.2


class League:
    """Games of every sport; where one ends another of its sport begins."""

    def __init__(self, random: Random, start: int) -> None:
        self._random = random
        self._plan: list[tuple[int, int, Quote]] = []
        self._order = itertools.count()
        self._live: list[_Fixture] = []
        for sport in SPORTS:
            for _ in range(GAMES_PER_SPORT):
                self._live.append(self._begin(sport, start))

    def commands(self, start: int, rate: float) -> Iterator[FeedCommand]:
        """All that the bookmakers send from ``start`` (microseconds) on, about ``rate`` a second.

        Never ends. Each is to be sent at its ``occurred_at``.
        """
        now = start
        while True:
            now += round(self._random.expovariate(rate / len(BOOKMAKERS)) * 1e6)
            yield from self._planned_before(now)
            self._go_on(self._random.randrange(len(self._live)), now)

    def _planned_before(self, now: int) -> Iterator[FeedCommand]:
        while self._plan and self._plan[0][0] <= now:
            at, _, quote = heapq.heappop(self._plan)
            command = quote(at)
            if command is not None:
                yield command

    def _begin(self, sport: Sport, now: int) -> "_Fixture":
        game = Game(sport, self._random.sample(self._resting(sport), 2), now, self._random)
        fixture = _Fixture(game, [Counter(bookmaker, game) for bookmaker in BOOKMAKERS])
        for counter in fixture.counters:
            self._plan_for(counter, now, counter.opening())
        return fixture

    def _resting(self, sport: Sport) -> list[str]:
        playing = {team for match in self._live for team in (match.game.home, match.game.away)}
        return [team for team in sport.teams if team not in playing]

    def _go_on(self, index: int, now: int) -> None:
        game, counters = self._live[index].game, self._live[index].counters
        scored = game.move(now)
        if now >= game.ends:
            self._live[index] = self._begin(game.sport, now)
        for counter in counters:
            if now >= game.ends:
                self._plan_for(counter, now, counter.finish)
            elif scored and self._random.random() < _SUSPENDED_AFTER_SCORE:
                self._plan_for(counter, now, counter.suspend)
            else:
                self._plan_for(counter, now, counter.change())

    def _plan_for(self, counter: Counter, now: int, quote: Quote) -> None:
        at = now + round(counter.bookmaker.lag * 1e6)
        heapq.heappush(self._plan, (at, next(self._order), quote))


@dataclass(frozen=True, slots=True)
class _Fixture:
    game: Game
    counters: list[Counter]
