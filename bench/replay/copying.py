"""COPY by itself: the limit of loading."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from odds.adapters.read_model import postgres
from replayer.recovery.rows import LOG_COLUMNS, ODDS_COLUMNS

TABLES = {"odds": ODDS_COLUMNS, "odds_event_log": LOG_COLUMNS}
_CHUNK = 1 << 20


class Copy:
    """The rows that are served, written to files to be COPYed back into tables without indexes."""

    def __init__(self, database_url: str, directory: Path) -> None:
        self._engine = postgres.create_engine(database_url, pool_size=1, timeout=600)
        self._directory = directory

    def take(self) -> None:
        with self._engine.begin() as connection:
            for table, columns in TABLES.items():
                connection.execute(text(f"DROP TABLE IF EXISTS copy_{table}"))
                connection.execute(
                    text(f"CREATE TABLE copy_{table} (LIKE {table} INCLUDING DEFAULTS)")
                )
                with (self._directory / table).open("wb") as file:
                    cursor: Any = connection.connection.cursor()
                    cursor.execute(f"COPY {table} ({columns}) TO STDOUT", stream=file)

    def run(self) -> None:
        with self._engine.begin() as connection:
            for table, columns in TABLES.items():
                connection.execute(text(f"TRUNCATE copy_{table}"))
                cursor: Any = connection.connection.cursor()
                copy = f"COPY copy_{table} ({columns}) FROM STDIN"
                cursor.execute(copy, stream=_chunks(self._directory / table))

    def close(self) -> None:
        self._engine.dispose()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, _CHUNK), b"")
