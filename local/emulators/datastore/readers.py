"""Reading: in threads, so that a long scan keeps no other call waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.emulators.datastore.messages import Message
from local.emulators.datastore.storage import Database

Read = Callable[[Database], Message]
_AT_ONCE = 4


class Readers:
    """Threads that share some connections, of which each reads what is committed by then."""

    def __init__(self, file: Path) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, "reader")
        self._databases = [Database(file) for _ in range(_AT_ONCE)]

    async def read(self, read: Read) -> Message:
        """Raises Refusal."""
        return await self.run(lambda: self._read(read))

    async def run(self, work: Callable[[], Message]) -> Message:
        """In one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        self._threads.shutdown()
        for database in self._databases:
            database.close()

    def _read(self, read: Read) -> Message:
        database = self._databases.pop()
        try:
            return read(database)
        finally:
            self._databases.append(database)
