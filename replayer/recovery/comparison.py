"""Odds as the event store has them, compared with the same odds in the read model."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, select

from odds.adapters.event_store.event_reader import EventReader, place_of_time
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.event import Event, OddsKey
from odds.fold import Odds, apply
from replayer.recovery.folding import Unreadable, readable
from replayer.recovery.odds_rows import as_folded

TOLD = 200
"""Differences that are told one by one; all are counted."""
BATCH = 200
"""Odds that are compared together."""
DENSE = 50
"""Where more than one odds of so many is looked at, the event store is read through for them;
otherwise each is asked for by itself."""
_END_OF_TIME = place_of_time(10**19)


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


class Comparison:
    """Compares odds of both stores, a batch at a time."""

    def __init__(self, events: EventReader, engine: Engine) -> None:
        self._events = events
        self._engine = engine

    def round(
        self, ids: Sequence[UUID], of: int, awaited: Mapping[OddsKey, set[UUID]] | None
    ) -> "Found":
        """Compare the odds of these ids; ``of`` is how many odds there are. ``awaited`` are the
        events that were missing in the round before: others have only just been stored.

        Raises EventStoreUnavailable, or what the driver raises.
        """
        dense = len(ids) * DENSE > of
        found = Found()
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


class Found:
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
