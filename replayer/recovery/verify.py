"""The event store held against the read model: game by game, then odds by odds."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, bindparam, select

from odds.adapters.event_reader import EventReader, StoredEvent, place_of_time
from odds.adapters.tables import odds, odds_event_log
from odds.event import OddsKey
from odds.fold import Odds
from replayer.recovery import digest
from replayer.recovery.digest import Digests, GameDigest
from replayer.recovery.folding import Unreadable, histories, readable
from replayer.recovery.odds_rows import as_folded
from replayer.recovery.parts import Source, for_each_part
from replayer.recovery.shadow import SERVED

LOOKED_AT = 200
"""Odds that are compared one by one; where more differ, the rest is counted."""
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
    """``digest`` is that of the whole event store, folded."""

    games: int
    games_differing: int
    odds_looked_at: int
    odds_not_looked_at: int
    differences: tuple[Difference, ...]
    unreadable: Unreadable
    digest: GameDigest

    @property
    def clean(self) -> bool:
        return not (self.differences or self.odds_not_looked_at)


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
        return Verified(
            games=len(games),
            games_differing=len(differing),
            odds_looked_at=min(len(ids), LOOKED_AT),
            odds_not_looked_at=max(len(ids) - LOOKED_AT, 0),
            differences=tuple(self._differences(ids[:LOOKED_AT])),
            unreadable=stored.unreadable,
            digest=digest.whole(stored.digests),
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
        with self._engine.connect() as connection:
            for table in (odds, odds_event_log):
                of_games = table.c.game_id.in_(bindparam("games", expanding=True))
                ids_of = select(table.c.external_id).distinct().where(of_games)
                found |= set(connection.execute(ids_of, {"games": list(games)}).scalars())
        return found

    def _differences(self, ids: list[UUID]) -> list[Difference]:
        """What still differs once all that was on its way has had its time to arrive: when a
        round finds as much as the one before it."""
        found: list[Difference] = []
        counts: list[int] = []
        while ids and (len(counts) < ROUNDS or counts[-1] < counts[-2]):
            if counts:
                time.sleep(PAUSE)
            self._told("comparing", len(ids))
            found = list(self._compare(ids))
            ids = list(dict.fromkeys(difference.external_id for difference in found))
            counts.append(len(found))
        return found

    def _compare(self, ids: Sequence[UUID]) -> Iterator[Difference]:
        with self._engine.connect() as connection:
            served, logged = _served(connection, ids), _logged(connection, ids)
        for external_id in ids:
            stored = self._stored(external_id)
            keys = {key for key in (*served, *logged) if key[0] == external_id} | stored.keys()
            for key in sorted(keys):
                state, event_ids = stored.get(key, (None, set()))
                in_log = logged.get(key, set())
                if state != served.get(key) or event_ids != in_log:
                    missing, unknown = event_ids - in_log, in_log - event_ids
                    yield Difference(*key, state, served.get(key), len(missing), len(unknown))

    def _stored(self, external_id: UUID) -> dict[OddsKey, tuple[Odds, set[UUID]]]:
        stored = self._events.of_odds(external_id, "", _END_OF_TIME)
        return {
            key: (steps[-1].odds, {step.event.event_id for step in steps})
            for of_one_id in histories(readable(stored, Unreadable()))
            for key, steps in of_one_id.items()
        }


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
