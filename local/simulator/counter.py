"""Where one bookmaker takes bets on one game."""

from collections.abc import Callable

from local.feeders.commands import FeedCommand, MoneyLine, VelocityTier
from local.feeders.market import Market
from local.simulator.bookmakers import Bookmaker
from local.simulator.game import Game

SUSPENSION_MICROSECONDS = 4_000_000

_OPENING_TIER: VelocityTier = "medium"

Quote = Callable[[int], FeedCommand | None]


class Counter:
    """Prices are made at once and quoted a little later: each method's command is for then.

    While suspended, and once the game is over, no price is quoted.
    """

    def __init__(self, bookmaker: Bookmaker, game: Game) -> None:
        self.bookmaker = bookmaker
        self._game = game
        self._market = Market(bookmaker.name, game.game_id)
        self._suspended_until = 0
        self._over = False

    def opening(self) -> Quote:
        return self._quote(_OPENING_TIER)

    def change(self) -> Quote:
        return self._quote(self._game.sport.tier)

    def suspend(self, at: int) -> FeedCommand | None:
        self._suspended_until = at + SUSPENSION_MICROSECONDS
        return self._market.close(at, self._game.sport.tier)

    def finish(self, at: int) -> FeedCommand | None:
        self._over = True
        return self._market.close(at, self._game.sport.tier)

    def _quote(self, tier: VelocityTier) -> Quote:
        money_line: MoneyLine = self.bookmaker.money_line(self._game.chances())

        def quote(at: int) -> FeedCommand | None:
            if self._over or at < self._suspended_until:
                return None
            return self._market.price(money_line, at, tier)

        return quote
