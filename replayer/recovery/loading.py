"""Loading parts of the event store, folded, into shadow tables."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Engine, event

from odds.adapters.event_store.event_reader import StoredEvent
from odds.adapters.read_model import postgres
from odds.event import OddsKey
from replayer.recovery import digest, rows
from replayer.recovery.digest import GameDigest
from replayer.recovery.folding import Step, Unreadable, histories, readable
from replayer.recovery.parts import PARTS, Source

ROWS = 10_000
"""Rows of the log per COPY."""
TIMEOUT = 600.0
"""Seconds that one statement of a rebuild may take."""


class Loaded(msgspec.Struct):
    """What became of a part, or of several; ``digest`` is that of all that was folded, and
    ``last_…_id`` are the highest ids given."""

    digest: GameDigest = msgspec.field(default_factory=GameDigest)
    last_odds_id: int = 0
    last_log_id: int = 0
    unreadable: Unreadable = msgspec.field(default_factory=Unreadable)

    @property
    def events(self) -> int:
        return self.digest.events

    @property
    def odds(self) -> int:
        return self.digest.odds

    def add(self, other: "Loaded") -> None:
        self.digest.add(other.digest)
        self.last_odds_id = max(self.last_odds_id, other.last_odds_id)
        self.last_log_id = max(self.last_log_id, other.last_log_id)
        self.unreadable.extend(other.unreadable)


@contextmanager
def loading(source: Source, database_url: str, schema: str) -> Iterator[Callable[[str], Loaded]]:
    """Folding the events of a part and COPYing them into the tables of ``schema``.

    Raises EventStoreUnavailable, or what the driver raises.
    """
    engine = postgres.create_engine(database_url, pool_size=source.parts_at_once, timeout=TIMEOUT)
    event.listen(engine, "connect", _leave_flushing_to_the_swap)
    try:
        with source.opened() as events:
            yield lambda part: _load(part, events(part), engine, schema)
    finally:
        engine.dispose()


def _load(part: str, stored: Iterable[StoredEvent], engine: Engine, schema: str) -> Loaded:
    unreadable = Unreadable()
    loaded = _Loading(part, unreadable)
    for steps in histories(readable(stored, unreadable)):
        loaded.take(steps)
        if len(loaded.log_rows) >= ROWS:
            loaded.copy(engine, schema)
    loaded.copy(engine, schema)
    return loaded.result


def _leave_flushing_to_the_swap(connection: Any, _record: object) -> None:
    """What was committed before the swap is on disk once the swap is."""
    connection.cursor().execute("SET synchronous_commit TO off")
    connection.commit()


class _Loading:
    """Rows of a part on their way; parts take turns in numbering them, so that none needs to
    know how many another has."""

    def __init__(self, part: str, unreadable: Unreadable) -> None:
        self._odds_ids = _ids(part)
        self._log_ids = _ids(part)
        self.result = Loaded(unreadable=unreadable)
        self.odds_rows: list[str] = []
        self.log_rows: list[str] = []

    def take(self, of_one_id: dict[OddsKey, list[Step]]) -> None:
        for key, steps in of_one_id.items():
            odds_id = next(self._odds_ids)
            self.odds_rows.append(rows.odds_row(odds_id, key, steps[-1].odds))
            self.result.last_odds_id = odds_id
            self.result.digest.add(digest.of_odds(key, steps))
            for step in steps:
                log_id = next(self._log_ids)
                self.log_rows.append(rows.log_row(log_id, odds_id, step))
                self.result.last_log_id = log_id

    def copy(self, engine: Engine, schema: str) -> None:
        connection = engine.raw_connection()
        try:
            cursor: Any = connection.cursor()
            for table, columns, lines in (
                ("odds", rows.ODDS_COLUMNS, self.odds_rows),
                ("odds_event_log", rows.LOG_COLUMNS, self.log_rows),
            ):
                copy = f"COPY {schema}.{table} ({columns}) FROM STDIN"
                cursor.execute(copy, stream=["".join(lines)])
                lines.clear()
            connection.commit()
        finally:
            connection.close()


def _ids(part: str) -> Iterator[int]:
    number = 1 + PARTS.index(part)
    while True:
        yield number
        number += len(PARTS)
