"""SQLite, written by one thread: what is written while it commits goes in the next commit."""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Row = Sequence[Any]
DEFERRED_SECONDS = 0.2


class Journal:
    """``durable`` commits outlive a crash of the machine, others one of the process."""

    def __init__(self, file: Path, schema: str, durable: bool) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000;"
            f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}; {schema}"
        )
        self._writes: list[tuple[str, Sequence[Row]]] = []
        self._due = asyncio.Event()
        self._next = asyncio.get_running_loop().create_future()
        self._committing: asyncio.Future[None] | None = None
        self._task = asyncio.create_task(self._run())

    def write(self, statement: str, rows: Sequence[Row]) -> None:
        """For the next commit, which comes within DEFERRED_SECONDS."""
        if not self._writes:
            asyncio.get_running_loop().call_later(DEFERRED_SECONDS, self._due.set)
        self._writes.append((statement, rows))

    async def commit(self) -> None:
        """Return once all that was written before is committed."""
        if self._writes:
            self._due.set()
        if (done := self._next if self._writes else self._committing) is not None:
            # The commit is others' too: it goes on when this call is cancelled.
            await asyncio.shield(done)

    async def read(self, statement: str, values: Row = ()) -> list[Any]:
        """The rows of a query, after all that was written before."""
        await self.commit()
        rows: list[Any] = await self._in_thread(
            lambda: self._connection.execute(statement, values).fetchall()
        )
        return rows

    async def close(self) -> None:
        await self.commit()
        self._task.cancel()
        await self._in_thread(self._connection.close)
        self._thread.shutdown()

    async def _run(self) -> None:
        while await self._due.wait():
            self._due.clear()
            writes, done = self._writes, self._next
            self._writes, self._next = [], asyncio.get_running_loop().create_future()
            self._committing = done
            try:
                await self._in_thread(lambda: self._commit(writes))  # noqa: B023
            except sqlite3.Error as error:
                done.set_exception(error)
            else:
                done.set_result(None)
            self._committing = None

    def _commit(self, writes: list[tuple[str, Sequence[Row]]]) -> None:
        self._connection.execute("BEGIN")
        try:
            for statement, rows in writes:
                self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            self._connection.execute("ROLLBACK")
            raise

    async def _in_thread(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
