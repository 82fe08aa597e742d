"""One provider's prices of one game, turned into New-, Update- and DeleteOdds."""

from hashlib import blake2b

import msgspec

from local.feeders.commands import Body, FeedCommand, MoneyLine, VelocityTier, Verb


class Market:
    """Makes a command of each change: the first prices are a NewOdds, an end is a DeleteOdds.

    Prices after an end are new odds. Commands made again from the same prices and times have the
    same RequestIDs, so that sending them twice is sending them once.
    """

    def __init__(self, provider: str, game_id: str) -> None:
        self._provider = provider
        self._game_id = game_id
        self._odds: str | None = None
        self._money_line: MoneyLine | None = None
        self._last_occurred_at = 0

    def price(
        self, money_line: MoneyLine, occurred_at: int, tier: VelocityTier, line: int = 0
    ) -> FeedCommand | None:
        """The command of these prices, or None where nothing changed.

        ``occurred_at`` is in microseconds since the epoch.
        """
        if money_line == self._money_line:
            return None
        verb: Verb = "UpdateOdds" if self._odds else "NewOdds"
        self._money_line = money_line
        return self._command(verb, occurred_at, tier, line)

    def close(self, occurred_at: int, tier: VelocityTier, line: int = 0) -> FeedCommand | None:
        """The DeleteOdds of the market, or None where it has no odds."""
        if self._odds is None:
            return None
        self._money_line = None
        deletion = self._command("DeleteOdds", occurred_at, tier, line)
        self._odds = None
        return deletion

    def _command(self, verb: Verb, occurred_at: int, tier: VelocityTier, line: int) -> FeedCommand:
        occurred_at = self._strictly_later(occurred_at)
        body: Body = {
            "Provider": self._provider,
            "Command": verb,
            "Domain": "Odds",
            "EventVelocity": tier,
            "Payload": self._payload(occurred_at),
        }
        request_id = _request_id(verb, occurred_at, self._odds, body)
        self._odds = self._odds or request_id
        return FeedCommand(verb, self._odds, occurred_at, {"RequestID": request_id} | body, line)

    def _strictly_later(self, occurred_at: int) -> int:
        # OccurredAt decides which price is newer. Two prices of one instant would otherwise be
        # ordered by their arrival, which requests in flight together do not keep.
        self._last_occurred_at = max(occurred_at, self._last_occurred_at + 1)
        return self._last_occurred_at

    def _payload(self, occurred_at: int) -> Body:
        payload: Body = {"GameID": self._game_id, "OccurredAt": occurred_at / 1_000_000}
        if self._money_line is not None:
            payload["MoneyLine"] = self._money_line.body()
        return payload


def _request_id(verb: Verb, occurred_at: int, odds: str | None, body: Body) -> str:
    """A name that only the same command of the same odds arrives at again."""
    said = msgspec.json.encode([odds, body], order="deterministic")
    return f"{verb}-{occurred_at}-{blake2b(said, digest_size=12).hexdigest()}"
