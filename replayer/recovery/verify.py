"""The event store held against the read model: game by game, then odds by odds."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Engine, Text, any_, literal, select

from odds.adapters.event_store.event_reader import EventReader, StoredEvent
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.event import OddsKey
from replayer.recovery import digest
from replayer.recovery.comparison import Comparison, Difference, Found
from replayer.recovery.digest import Digests, GameDigest
from replayer.recovery.folding import Unreadable, histories, readable
from replayer.recovery.parts import Source, for_each_part
from replayer.recovery.shadow import SERVED

ROUNDS = 3
"""At least so many, where there are differences."""
PAUSE = 1.5
"""Seconds between rounds: what is on its way from one store to the other arrives meanwhile."""

Told = Callable[[str, int], object]
"""Is told the stage, and how many events have been read."""


class Verified(msgspec.Struct, frozen=True):
    """``differences`` are the first ``TOLD`` of the odds that differ; ``odds_looked_at`` counts
    those of games whose digests differed. ``digest`` is that of the whole event store, folded."""

    games: int
    games_differing: int
    odds_looked_at: int
    odds_differing: int
    differences: tuple[Difference, ...]
    unreadable: Unreadable
    digest: GameDigest

    @property
    def clean(self) -> bool:
        return not self.odds_differing


class PartDigests(msgspec.Struct):
    digests: Digests
    unreadable: Unreadable


@contextmanager
def digesting(source: Source) -> Iterator[Callable[[str], PartDigests]]:
    """The digests of a part of the event store. Raises EventStoreUnavailable."""
    with source.opened() as events:
        yield lambda part: _digest(events(part))


def _digest(stored: Iterable[StoredEvent]) -> PartDigests:
    digested = PartDigests({}, Unreadable())
    for of_one_id in histories(readable(stored, digested.unreadable)):
        digest.add_history(digested.digests, of_one_id)
    return digested


@contextmanager
def finding(source: Source, games: frozenset[str]) -> Iterator[Callable[[str], set[UUID]]]:
    """ExternalIDs of a part that have to do with any of the games."""
    with source.opened() as events:
        yield lambda part: {
            event.external_id
            for event in readable(events(part), Unreadable())
            if event.command.payload.game_id in games
        }


class Verify:
    def __init__(
        self,
        source: Source,
        events: EventReader,
        engine: Engine,
        told: Told = lambda _stage, _events: None,
    ) -> None:
        self._source = source
        self._comparison = Comparison(events, engine)
        self._engine = engine
        self._told = told

    def run(self) -> Verified:
        """Raises EventStoreUnavailable, or what the driver raises."""
        stored = self._digest_store()
        with self._engine.connect() as connection:
            served = digest.of_read_model(connection, SERVED)
        games = stored.digests.keys() | served.keys()
        differing = frozenset(
            game for game in games if stored.digests.get(game) != served.get(game)
        )
        ids = sorted(self._ids(differing)) if differing else []
        whole = digest.whole(stored.digests)
        found = self._differences(ids, whole.odds)
        return Verified(
            games=len(games),
            games_differing=len({game_id for _, _, game_id in found.missing}),
            odds_looked_at=len(ids),
            odds_differing=len(found.missing),
            differences=tuple(found.told),
            unreadable=stored.unreadable,
            digest=whole,
        )

    def _digest_store(self) -> PartDigests:
        whole = PartDigests({}, Unreadable())
        events = 0
        for part in for_each_part(partial(digesting, self._source), self._source):
            digest.add_all(whole.digests, part.digests)
            whole.unreadable.extend(part.unreadable)
            events += digest.whole(part.digests).events
            self._told("reading", events)
        return whole

    def _ids(self, games: frozenset[str]) -> set[UUID]:
        self._told("looking for what differs", 0)
        found: set[UUID] = set()
        for ids in for_each_part(partial(finding, self._source, games), self._source):
            found |= ids
        # One parameter, however many games: PostgreSQL takes 65,535 of them.
        any_of_them = any_(literal(list(games), ARRAY(Text)))
        with self._engine.connect() as connection:
            for table in (odds, odds_event_log):
                ids_of = select(table.c.external_id).distinct()
                of_games = ids_of.where(table.c.game_id == any_of_them)
                found |= set(connection.execute(of_games).scalars())
        return found

    def _differences(self, ids: Sequence[UUID], of: int) -> Found:
        """What still differs once all that was on its way has had its time to arrive: when a
        round finds as much as the one before it. ``of`` is how many odds there are."""
        found = self._compare(ids, of, None)
        rounds = 1
        while found.missing:
            time.sleep(PAUSE)
            before, ids = found, sorted({key[0] for key in found.missing})
            found = self._compare(ids, of, before.missing)
            rounds += 1
            if rounds >= ROUNDS and found.weight >= before.weight:
                break
        return found

    def _compare(
        self, ids: Sequence[UUID], of: int, awaited: Mapping[OddsKey, set[UUID]] | None
    ) -> Found:
        self._told("comparing", len(ids))
        return self._comparison.round(ids, of, awaited)
