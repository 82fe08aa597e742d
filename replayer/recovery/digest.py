"""Digests of what is known of a game: the same however, and wherever, it came to be known.

Sums of hashes, so that order doesn't matter and nothing but the sums is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from struct import pack
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from odds.event import OddsKey
from odds.fold import Odds
from replayer.recovery.folding import Step

_WORD = 2**64


class GameDigest(msgspec.Struct):
    """Of the odds of one game, and of the events that made them."""

    odds: int = 0
    odds_sum: int = 0
    events: int = 0
    events_sum: int = 0

    def add(self, other: "GameDigest") -> None:
        self.odds += other.odds
        self.odds_sum = (self.odds_sum + other.odds_sum) % _WORD
        self.events += other.events
        self.events_sum = (self.events_sum + other.events_sum) % _WORD


Digests = dict[str, GameDigest]
"""By GameID."""


def add_history(digests: Digests, of_one_id: Mapping[OddsKey, list[Step]]) -> None:
    for key, steps in of_one_id.items():
        digests.setdefault(key[2], GameDigest()).add(of_odds(key, steps))


def of_odds(key: OddsKey, steps: Sequence[Step]) -> GameDigest:
    """What one odds adds to its game's digest."""
    ids = (step.event.event_id for step in steps)
    return GameDigest(1, _odds_word(key, steps[-1].odds), len(steps), _events_sum(ids))


def add_all(digests: Digests, others: Digests) -> None:
    for game_id, digest in others.items():
        digests.setdefault(game_id, GameDigest()).add(digest)


def of_read_model(connection: Connection, schema: str) -> Digests:
    """The digests of the tables in a schema."""
    digests: Digests = {}
    for game_id, count, total in connection.execute(text(_ODDS.format(schema=schema))):
        digests.setdefault(game_id, GameDigest()).add(GameDigest(count, int(total) % _WORD))
    for game_id, count, total in connection.execute(text(_EVENTS.format(schema=schema))):
        digest = GameDigest(events=count, events_sum=int(total) % _WORD)
        digests.setdefault(game_id, GameDigest()).add(digest)
    return digests


def whole(digests: Digests) -> GameDigest:
    """One digest of all games."""
    total = GameDigest()
    for digest in digests.values():
        total.add(digest)
    return total


def _odds_word(key: OddsKey, odds: Odds) -> int:
    price = odds.money_line
    prices = (None, None, None) if price is None else (price.home, price.away, price.draw)
    facts = (
        *map(str, key),
        odds.game_type or "",
        *(_price(value) for value in prices),
        "1" if odds.deleted else "0",
        "" if odds.created_at is None else str(odds.created_at),
        *_stamp(odds.newest_stamp),
        *_stamp(odds.price_stamp),
    )
    return int(md5("|".join(facts).encode(), usedforsecurity=False).hexdigest()[:16], 16)


def _price(value: float | None) -> str:
    return "" if value is None else pack(">d", value).hex()


def _stamp(stamp: tuple[int, int, UUID] | None) -> tuple[str, ...]:
    return tuple(map(str, stamp or (0, 0, UUID(int=0))))


def _events_sum(event_ids: Iterable[UUID]) -> int:
    # An EventID is a hash itself.
    return sum(event_id.int % _WORD for event_id in event_ids) % _WORD


_ODDS = """
SELECT game_id, count(*), sum(('x' || left(md5(concat_ws('|',
    external_id, provider, game_id, coalesce(game_type, ''),
    coalesce(encode(float8send(home), 'hex'), ''),
    coalesce(encode(float8send(away), 'hex'), ''),
    coalesce(encode(float8send(draw), 'hex'), ''),
    deleted::int, coalesce(created_at::text, ''),
    updated_occurred_at, updated_at, updated_event_id,
    price_occurred_at, price_created_at, price_event_id
)), 16))::bit(64)::bigint)
FROM {schema}.odds GROUP BY game_id
"""

_EVENTS = """
SELECT game_id, count(*),
       sum(('x' || right(replace(event_id::text, '-', ''), 16))::bit(64)::bigint)
FROM {schema}.odds_event_log GROUP BY game_id
"""
