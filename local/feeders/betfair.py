"""Recorded Betfair Exchange streams (JSON lines) as commands.

A moneyline is the best (highest) price to back of each runner. The first complete set is a
NewOdds, a change an UpdateOdds and ``CLOSED`` a DeleteOdds. OccurredAt is the publish time.
"""

from collections.abc import Iterable, Iterator

import msgspec

from local.feeders.betfair_messages import (
    MarketChange,
    MarketDefinition,
    RunnerChange,
    decode_message,
)
from local.feeders.commands import FeedCommand, MoneyLine, UnusableLine, VelocityTier
from local.feeders.market import Market

PROVIDER = "betfair"

_GAME_TYPES = {
    "1": "soccer",
    "2": "tennis",
    "4": "cricket",
    "6423": "american-football",
    "7511": "baseball",
    "7522": "basketball",
    "7524": "ice-hockey",
}
_HOME, _AWAY, _DRAW = 1, 2, 3


class _Unusable(Exception):
    """A market change that no price can be read from; the text is the reason."""


def read(lines: Iterable[str], provider: str | None = None) -> Iterator[FeedCommand | UnusableLine]:
    """The commands of a recorded stream's lines, in their order, and the lines that make none."""
    exchange = _Exchange(provider or PROVIDER)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield from exchange.take(line, number)


class _Exchange:
    """All markets of a stream, each known from its first marketDefinition on."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._books: dict[str, _Book] = {}

    def take(self, line: str, number: int) -> Iterator[FeedCommand | UnusableLine]:
        try:
            message = decode_message(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            yield UnusableLine(number, str(error))
            return
        if message.op != "mcm":
            yield UnusableLine(number, f"op is {message.op!r}, not 'mcm'")
            return
        for change in message.mc or []:
            try:
                command = self._apply(change, message.pt, number)
            except _Unusable as error:
                yield UnusableLine(number, str(error))
            else:
                if command is not None:
                    yield command

    def _apply(self, change: MarketChange, pt: int | None, number: int) -> FeedCommand | None:
        if pt is None:
            raise _Unusable("pt is missing")
        if change.definition and change.definition.market_type != "MATCH_ODDS":
            raise _Unusable(f"market type is {change.definition.market_type}, not MATCH_ODDS")
        book = self._book(change)
        book.apply(change)
        return book.command(pt * 1000, number)

    def _book(self, change: MarketChange) -> "_Book":
        if change.id not in self._books:
            if change.definition is None:
                raise _Unusable(f"market {change.id} has had no usable marketDefinition")
            self._books[change.id] = _Book(change.id, change.definition, self._provider)
        return self._books[change.id]


class _Book:
    """The back ladders of one market's runners."""

    def __init__(self, market_id: str, definition: MarketDefinition, provider: str) -> None:
        game_type = _GAME_TYPES.get(definition.event_type_id, "other")
        self._market = Market(provider, f"{game_type}:betfair-{market_id}")
        self._definition = definition
        self._ladders: dict[int, dict[float, float]] = {}

    def apply(self, change: MarketChange) -> None:
        """Take a change in whole, or raise _Unusable and take nothing of it."""
        definition = change.definition or self._definition
        known = {runner.id for runner in definition.runners}
        for runner_change in change.rc or []:
            if runner_change.id not in known:
                raise _Unusable(f"runner {runner_change.id} is not in the marketDefinition")
        self._definition = definition
        if change.img:
            self._ladders.clear()
        for runner_change in change.rc or []:
            self._climb(runner_change)

    def _climb(self, change: RunnerChange) -> None:
        ladder = self._ladders.setdefault(change.id, {})
        for price, size in change.atb or []:
            if size:
                ladder[price] = size
            else:
                ladder.pop(price, None)

    def command(self, occurred_at: int, line: int) -> FeedCommand | None:
        tier: VelocityTier = "high" if self._definition.in_play else "medium"
        if self._definition.status == "CLOSED":
            self._ladders.clear()
            return self._market.close(occurred_at, tier, line)
        money_line = self._money_line()
        if money_line is None:
            return None
        return self._market.price(money_line, occurred_at, tier, line)

    def _money_line(self) -> MoneyLine | None:
        """The best price of each runner, or None while one has none."""
        best = {
            runner.sort_priority: max(self._ladders.get(runner.id, ()), default=None)
            for runner in self._definition.runners
        }
        home, away, draw = best.get(_HOME), best.get(_AWAY), best.get(_DRAW)
        if home is None or away is None or (draw is None and _DRAW in best):
            return None
        return MoneyLine(home, away, draw)
