"""The event store held against the read model: game by game, then odds by odds."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Connection, Engine, Text, any_, literal, select

from odds.adapters.event_store.event_reader import EventReader, StoredEvent, place_of_time
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.event import Event, OddsKey
from odds.fold import Odds, apply
from replayer.recovery import digest
from replayer.recovery.digest import Digests, GameDigest
from replayer.recovery.folding import Unreadable, histories, readable
from replayer.recovery.odds_rows import as_folded
from replayer.recovery.parts import Source, for_each_part
from replayer.recovery.shadow import SERVED

TOLD = 200
"""Differences that are told one by one; all are counted."""
BATCH = 200
"""Odds that are compared together."""
DENSE = 50
"""Where more than one odds of so many is looked at, the event store is read through for them;
otherwise each is asked for by itself."""
ROUNDS = 3
"""At least so many, where there are differences."""
PAUSE = 1.5
"""Seconds between rounds: what is on its way from one store to the other arrives meanwhile."""
_END_OF_TIME = place_of_time(10**19)

Told = Callable[[str, int], object]
"""Is told the stage, and how many events have been read."""


class Difference(msgspec.Struct, frozen=True):
    """What the event store says of an odds, and what the read model says."""

    external_id: UUID
    provider: str
    game_id: str
    stored: Odds | None
    served: Odds | None
    events_missing: int
    """Events of the store that are not in the log."""
    events_unknown: int
    """Events of the log that are not in the store."""


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
        self._events = events
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

    def _differences(self, ids: Sequence[UUID], of: int) -> "_Found":
        """What still differs once all that was on its way has had its time to arrive: when a
        round finds as much as the one before it. ``of`` is how many odds there are."""
        found = self._look(ids, of, None)
        rounds = 1
        while found.missing:
            time.sleep(PAUSE)
            before, ids = found, sorted({key[0] for key in found.missing})
            found = self._look(ids, of, before.missing)
            rounds += 1
            if rounds >= ROUNDS and found.weight >= before.weight:
                break
        return found

    def _look(
        self, ids: Sequence[UUID], of: int, awaited: Mapping[OddsKey, set[UUID]] | None
    ) -> "_Found":
        """One round; ``awaited`` are the events that were missing in the one before it: others
        have only just been stored."""
        self._told("comparing", len(ids))
        dense = len(ids) * DENSE > of
        found = _Found()
        for start in range(0, len(ids), BATCH):
            for compared in self._compare(ids[start : start + BATCH], dense):
                if awaited is not None:
                    compared.missing &= awaited.get(compared.key, set())
                if compared.wrong or compared.missing:
                    found.add(compared)
        return found

    def _compare(self, ids: Sequence[UUID], dense: bool) -> "Iterator[_Compared]":
        """The read model as of one moment with what was stored by then, so that what comes
        meanwhile makes no difference: an event is stored before it is projected."""
        as_of_now = self._engine.connect().execution_options(isolation_level="REPEATABLE READ")
        with as_of_now as connection:
            served, logged = _served(connection, ids), _logged(connection, ids)
        stored = self._stored(ids, dense)
        for key in sorted({*served, *logged, *stored}):
            yield _Compared(key, stored.get(key, []), served.get(key), logged.get(key, set()))

    def _stored(self, ids: Sequence[UUID], dense: bool) -> dict[OddsKey, list[Event]]:
        """The events of the odds, in order."""
        if dense:
            stored = self._events.by_odds(str(ids[0]), str(ids[-1]))
        else:
            each = [self._events.of_odds(id_, "", _END_OF_TIME) for id_ in ids]
            stored = chain.from_iterable(each)
        wanted = set(ids)
        events: dict[OddsKey, list[Event]] = {}
        for event in readable(stored, Unreadable()):
            if event.external_id in wanted:
                events.setdefault(event.odds_key, []).append(event)
        return events


class _Compared:
    """An odds in both stores."""

    def __init__(
        self, key: OddsKey, stored: Sequence[Event], served: Odds | None, logged: set[UUID]
    ) -> None:
        self.key = key
        self._stored = stored
        self._served = served
        known = {event.event_id for event in stored}
        self._unknown = len(logged - known)
        self.missing = known - logged
        of_the_log = _folded(event for event in stored if event.event_id in logged)
        self.wrong = self._unknown > 0 or of_the_log != served
        """Differs by more than events that are missing, which may be on their way."""

    def difference(self) -> Difference:
        state = _folded(self._stored)
        return Difference(*self.key, state, self._served, len(self.missing), self._unknown)


class _Found:
    """The odds that differ, each with the events that are missing; told are the first of them."""

    def __init__(self) -> None:
        self.missing: dict[OddsKey, set[UUID]] = {}
        self.told: list[Difference] = []

    def add(self, compared: _Compared) -> None:
        self.missing[compared.key] = compared.missing
        if len(self.told) < TOLD:
            self.told.append(compared.difference())

    @property
    def weight(self) -> int:
        return len(self.missing) + sum(map(len, self.missing.values()))


def _folded(events: Iterable[Event]) -> Odds | None:
    state = None
    for event in events:
        state, _ = apply(state or Odds(), event)
    return state


def _served(connection: Connection, ids: Sequence[UUID]) -> dict[OddsKey, Odds]:
    rows = connection.execute(select(odds).where(odds.c.external_id.in_(ids)))
    return dict(as_folded(row) for row in rows)


def _logged(connection: Connection, ids: Sequence[UUID]) -> dict[OddsKey, set[UUID]]:
    log = odds_event_log.c
    wanted = select(log.external_id, log.provider, log.game_id, log.event_id)
    logged: dict[OddsKey, set[UUID]] = {}
    for *key, event_id in connection.execute(wanted.where(log.external_id.in_(ids))):
        logged.setdefault((key[0], key[1], key[2]), set()).add(event_id)
    return logged
