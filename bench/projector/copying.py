"""What PostgreSQL takes at most: COPY of the rows that the projection wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

TABLES = ("odds", "odds_event_log")


class Copying:
    """COPY into empty tables with the columns, constraints and indexes of the read model's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with self._connection() as connection:
            for table in TABLES:
                self._run(connection, f"CREATE TABLE {table}_copied (LIKE {table} INCLUDING ALL)")

    def newest_rows(self, number: int) -> list[list[bytes]]:
        """Of each table the newest rows, as COPY has them."""
        return [self._rows(table, number) for table in TABLES]

    def empty(self) -> None:
        with self._connection() as connection:
            self._run(connection, "TRUNCATE odds_copied, odds_event_log_copied")

    def write(self, tables: list[list[bytes]]) -> None:
        """All in one transaction."""
        with self._connection() as connection:
            for table, rows in zip(TABLES, tables, strict=True):
                stream = BytesIO(b"".join(rows))
                self._run(connection, f"COPY {table}_copied FROM STDIN", stream=stream)

    def _rows(self, table: str, number: int) -> list[bytes]:
        newest = f"SELECT * FROM {table} ORDER BY id DESC LIMIT {number}"
        copied = BytesIO()
        with self._connection() as connection:
            self._run(connection, f"COPY ({newest}) TO STDOUT", stream=copied)
        return copied.getvalue().splitlines(keepends=True)

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        connection = self._engine.raw_connection()
        try:
            yield connection
            connection.commit()
        finally:
            connection.close()

    def _run(
        self, connection: PoolProxiedConnection, statement: str, stream: BytesIO | None = None
    ) -> None:
        cursor: Any = connection.cursor()  # pg8000's, which alone knows of a stream
        cursor.execute(statement, stream=stream)
