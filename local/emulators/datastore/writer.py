"""Writing: concurrent commits share one SQLite transaction, and so one flush to disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from local.emulators.datastore.changes import Changes
from local.emulators.datastore.storage import Database
from local.emulators.refusal import Refusal

Write = Callable[[Changes, Database], Any]
_MOST_TOGETHER = 64


class _Waiting(NamedTuple):
    write: Write
    answer: "asyncio.Future[Any]"


class Writer:
    """The one that writes, in a thread of its own; asked from one event loop."""

    def __init__(self, file: Path, *, durable: bool) -> None:
        self._database = Database.made(file, durable=durable)
        self._changes = Changes(self._database)
        self._thread = ThreadPoolExecutor(1, "writer")
        self._waiting: list[_Waiting] = []
        self._busy: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> Any:
        """What ``write`` returns, once it is on disk. Raises Refusal."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(write, answer))
        if self._busy is None:
            self._busy = asyncio.create_task(self._write_all())
        return await answer

    async def close(self) -> None:
        """Once everything asked is written; what is in the log is then in the database itself."""
        if self._busy is not None:
            await self._busy
        self._thread.shutdown()
        self._database.close()

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = (
                self._waiting[:_MOST_TOGETHER],
                self._waiting[_MOST_TOGETHER:],
            )
            writes = [each.write for each in group]
            outcomes = await loop.run_in_executor(self._thread, self._commit, writes)
            for each, outcome in zip(group, outcomes, strict=True):
                _settle(each.answer, outcome)
        self._busy = None

    def _commit(self, writes: list[Write]) -> list[Any]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            outcomes = [self._outcome(write) for write in writes]
            self._database.execute("COMMIT")
        except Exception as error:  # whatever it is, each client gets its answer
            self._database.undo()
            return [_failed(error)] * len(writes)
        return outcomes

    def _outcome(self, write: Write) -> Any:
        self._database.execute("SAVEPOINT one")
        try:
            outcome = write(self._changes, self._database)
        except Refusal as refusal:
            outcome = refusal
        except Exception as error:  # whatever it is, it is not its neighbours'
            self._database.undo("one")
            outcome = _failed(error)
        self._database.execute("RELEASE one")
        return outcome


def _failed(error: Exception) -> Refusal:
    return Refusal(grpc.StatusCode.INTERNAL, f"the commit failed: {error!r}")


def _settle(answer: "asyncio.Future[Any]", outcome: Any) -> None:
    if answer.done():  # its client has gone
        return
    if isinstance(outcome, Refusal):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
