"""Group commit: pushes that are in flight together share one commit of each store."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from opentelemetry.trace import SpanContext

from odds.adapters.telemetry import tracing
from odds.adapters.telemetry.tracing import Tracing
from projector.envelope import Envelope
from projector.projector import Taken

MAX_BATCH = 250
"""Messages per commit: more gain little, and make the first one wait."""
MAX_WAITING = 4 * MAX_BATCH
"""Messages that may wait for a commit; the next one is refused, and comes again."""
MAX_BYTES = 128 * 1024 * 1024
"""Of the messages in hand: a message may have 10 MB, and a thousand of them no process holds."""
ANSWERED_WITHIN = 45.0
"""Seconds; well inside a push's deadline, after which Pub/Sub would push the message again while
it still waits here. What is given up may be written all the same, and is then known."""

Store = Callable[[Sequence[Envelope]], Sequence[Taken | Exception | None]]
"""What is to be projected of each message, what failed it, or nothing where it is done with."""
Project = Callable[[Sequence[Taken], Mapping[UUID, str]], Sequence[Exception | None]]
"""Takes messages, and the ``traceparent`` of each that is traced by its EventID."""


class Overloaded(Exception):
    """Too many messages wait already; this one was not taken."""


class TooSlow(Exception):
    """The stores took too long for the message's turn to come."""


class Ending(Exception):
    """The process ends: it doesn't take the message, or has no time left for it."""


class _Delivery(NamedTuple):
    envelope: Envelope
    span: SpanContext
    done: "asyncio.Future[None]"


class _Stored(NamedTuple):
    taken: Taken
    span: SpanContext
    done: "asyncio.Future[None]"


class Batcher:
    """Batches form by themselves: what arrives while one is being written is the next one.

    So the first message of a quiet moment goes at once. While one batch is in the read model the
    next is in the event store. ``store`` and ``project`` run in a thread each.
    """

    def __init__(self, store: Store, project: Project, tracing: Tracing) -> None:
        self._store = store
        self._project = project
        self._tracing = tracing
        self._waiting: deque[_Delivery] = deque()
        self._bytes = 0
        self._ending = False
        self._in_hand: set[asyncio.Future[None]] = set()
        self._arrived = asyncio.Event()
        self._stored: asyncio.Queue[list[_Stored]] = asyncio.Queue(maxsize=1)

    def require_room(self, size: int = 0) -> None:
        """For a message of so many bytes. Raises Overloaded or Ending."""
        if self._ending:
            raise Ending("the projector ends")
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING} messages wait already")
        if self._bytes and self._bytes + size > MAX_BYTES:
            raise Overloaded(f"messages of {self._bytes} bytes are in hand already")

    async def take(self, envelope: Envelope) -> None:
        """Return once the message may be acknowledged.

        Raises Overloaded, TooSlow, Ending, or whatever kept its batch or the message itself from
        being written.
        """
        size = len(envelope.message.data)
        self.require_room(size)
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append(_Delivery(envelope, tracing.current(), done))
        self._bytes += size
        self._in_hand.add(done)
        self._arrived.set()
        patience = loop.call_later(ANSWERED_WITHIN, _give_up, done)
        try:
            await done
        finally:
            patience.cancel()
            self._bytes -= size
            self._in_hand.discard(done)

    def waiting(self) -> int:
        """How many messages no batch has taken yet."""
        return len(self._waiting)

    def end(self, seconds: float) -> None:
        """Take no more, and after so long give up what is in hand still."""
        self._ending = True
        asyncio.get_running_loop().call_later(seconds, self._give_up_all)

    async def run(self) -> None:
        """Write what is taken, until cancelled."""
        async with asyncio.TaskGroup() as stages:
            stages.create_task(self._store_batches())
            stages.create_task(self._project_batches())

    async def _store_batches(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            if not batch:
                continue
            fates: Sequence[Taken | Exception | None]
            try:
                with self._tracing.batch("store in Datastore", [each.span for each in batch]):
                    fates = await asyncio.to_thread(self._store, [each.envelope for each in batch])
            except Exception as error:
                fates = [error] * len(batch)
            stored = []
            for fate, (_, span, done) in zip(fates, batch, strict=True):
                if isinstance(fate, Taken):
                    stored.append(_Stored(fate, span, done))
                else:
                    _settle(done, fate)
            if stored:
                await self._stored.put(stored)

    async def _project_batches(self) -> None:
        while True:
            batch = await self._stored.get()
            fates: Sequence[Exception | None]
            try:
                with self._tracing.batch("project to PostgreSQL", [each.span for each in batch]):
                    fates = await asyncio.to_thread(
                        self._project, [each.taken for each in batch], _traceparents(batch)
                    )
            except Exception as error:
                fates = [error] * len(batch)
            for each, fate in zip(batch, fates, strict=True):
                _settle(each.done, fate)

    def _give_up_all(self) -> None:
        for done in self._in_hand:
            _settle(done, Ending("the projector ends, and the stores have not answered yet"))

    def _next_batch(self) -> list[_Delivery]:
        """What has waited longest, but nothing whose pusher has been answered or has gone."""
        batch: list[_Delivery] = []
        while self._waiting and len(batch) < MAX_BATCH:
            delivery = self._waiting.popleft()
            if not delivery.done.done():
                batch.append(delivery)
        if not self._waiting:
            self._arrived.clear()
        return batch


def _traceparents(batch: Sequence[_Stored]) -> dict[UUID, str]:
    recorded = [each for each in batch if each.span.trace_flags.sampled]
    return {each.taken.event.event_id: tracing.traceparent(each.span) for each in recorded}


def _give_up(done: "asyncio.Future[None]") -> None:
    _settle(done, TooSlow(f"the stores took longer than {ANSWERED_WITHIN:g} seconds"))


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():  # the pusher has been answered, or has gone
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
