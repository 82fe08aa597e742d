"""Transactions: each reads one snapshot, and commits if all that it read is still so."""

import asyncio
import secrets
import time
from pathlib import Path
from typing import NamedTuple

import grpc

from local.emulators.datastore.messages import Message
from local.emulators.datastore.readers import Read, Readers
from local.emulators.datastore.storage import Database
from local.emulators.refusal import Refusal, invalid, unimplemented

_LONGEST_SECONDS = 270.0
_LONGEST_IDLE_SECONDS = 60.0
"""https://cloud.google.com/datastore/docs/concepts/limits"""
_MOST_SPARE = 8


class _Seen(NamedTuple):
    read: Read
    answer: Message


class Transaction:
    def __init__(self, *, read_only: bool) -> None:
        self.read_only = read_only
        self.snapshot: Database | None = None
        self.busy = asyncio.Lock()
        """Held while its snapshot is read, or given up."""
        self._seen: list[_Seen] = []
        self._begun = self._used = time.monotonic()

    def touch(self) -> bool:
        """Note that it is used. False where it is too old, or was idle for too long."""
        now = time.monotonic()
        alive = not self.is_over(now)
        self._used = now
        return alive

    def is_over(self, now: float) -> bool:
        too_old = now - self._begun > _LONGEST_SECONDS
        return too_old or now - self._used > _LONGEST_IDLE_SECONDS

    def note(self, read: Read, answer: Message) -> None:
        if not self.read_only:
            kept = type(answer)()
            kept.CopyFrom(answer)
            self._seen.append(_Seen(read, kept))

    def check(self, database: Database, writes: bool) -> None:
        """Raise Refusal where it may not write; ABORTED where what it read has changed since."""
        if self.read_only and writes:
            raise invalid("Cannot modify entities in a read-only transaction.")
        if any(read(database) != answer for read, answer in self._seen):
            message = "too much contention on these datastore entities. please try again."
            raise Refusal(grpc.StatusCode.ABORTED, message)


class Transactions:
    """Those that are open, and their snapshots; used in one event loop."""

    def __init__(self, file: Path, readers: Readers) -> None:
        self._file = file
        self._readers = readers
        self._open: dict[bytes, Transaction] = {}
        self._spare: list[Database] = []

    def begin(self, options: Message) -> bytes:
        """Returns its identifier. Raises Refusal."""
        if options.read_only.HasField("read_time"):
            raise unimplemented("read_time")
        self.end_those_that_are_over()
        identifier = secrets.token_bytes(16)
        self._open[identifier] = Transaction(read_only=options.WhichOneof("mode") == "read_only")
        return identifier

    async def read(self, identifier: bytes, read: Read) -> Message:
        """Raises Refusal."""
        # To its end, also where the client has gone: the snapshot is one thread's at a time.
        return await asyncio.shield(self._read(identifier, read))

    async def end(self, identifier: bytes) -> Transaction:
        """It is open no longer, whatever comes of it. Raises Refusal."""
        transaction = self._find(identifier)
        del self._open[identifier]
        await asyncio.shield(self._end(transaction))
        return transaction

    def close(self) -> None:
        for identifier in list(self._open):
            self._release(self._open.pop(identifier))
        for database in self._spare:
            database.close()

    async def _read(self, identifier: bytes, read: Read) -> Message:
        transaction = self._find(identifier)
        async with transaction.busy:
            self._find(identifier)  # it may have ended meanwhile
            if transaction.snapshot is None:
                transaction.snapshot = self._spare.pop() if self._spare else Database(self._file)
                transaction.snapshot.execute("BEGIN")
            snapshot = transaction.snapshot
            answer = await self._readers.run(lambda: read(snapshot))
            transaction.note(read, answer)
            return answer

    async def _end(self, transaction: Transaction) -> None:
        async with transaction.busy:
            self._release(transaction)

    def _find(self, identifier: bytes) -> Transaction:
        transaction = self._open.get(identifier)
        if transaction is None or not transaction.touch():
            raise invalid("transaction has expired or is invalid")
        return transaction

    def _release(self, transaction: Transaction) -> None:
        snapshot, transaction.snapshot = transaction.snapshot, None
        if snapshot is None:
            return
        snapshot.undo()
        if len(self._spare) < _MOST_SPARE:
            self._spare.append(snapshot)
        else:
            snapshot.close()

    def end_those_that_are_over(self) -> None:
        """Their snapshots keep the log of what is written from being cut off behind it."""
        now = time.monotonic()
        over = [each for each, held in self._open.items() if held.is_over(now)]
        for identifier in over:
            if not self._open[identifier].busy.locked():
                self._release(self._open.pop(identifier))
