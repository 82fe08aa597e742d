"""Group commit: pushes that are in flight together share one commit of each store."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from opentelemetry.trace import SpanContext

from odds.adapters import tracing
from odds.adapters.tracing import Tracing
from odds.event import Event
from projector.envelope import Envelope

MAX_BATCH = 250
"""Messages per commit: more gain little, and make the first one wait."""
MAX_WAITING = 4 * MAX_BATCH
"""Messages that may wait for a commit; the next one is refused, and comes again."""

Store = Callable[[Sequence[Envelope]], list[Event | None]]
Project = Callable[[Sequence[Event], Mapping[UUID, str]], list[Exception | None]]
"""Takes events, and the ``traceparent`` of each that is traced by its EventID."""
T = TypeVar("T")


class Overloaded(Exception):
    """Too many messages wait already; this one was not taken."""


class _Delivery(NamedTuple):
    envelope: Envelope
    span: SpanContext
    done: "asyncio.Future[None]"


class _Stored(NamedTuple):
    event: Event
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
        self._arrived = asyncio.Event()
        self._stored: asyncio.Queue[list[_Stored]] = asyncio.Queue(maxsize=1)

    async def take(self, envelope: Envelope) -> None:
        """Return once the message may be acknowledged.

        Raises Overloaded, or whatever kept its batch or the message itself from being written.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING} messages wait already")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Delivery(envelope, tracing.current(), done))
        self._arrived.set()
        await done

    def waiting(self) -> int:
        """How many messages no batch has taken yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Write what is taken, until cancelled."""
        async with asyncio.TaskGroup() as stages:
            stages.create_task(self._store_batches())
            stages.create_task(self._project_batches())

    async def _store_batches(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            try:
                with self._tracing.batch("store in Datastore", [each.span for each in batch]):
                    events = await asyncio.to_thread(self._store, [each.envelope for each in batch])
            except Exception as error:
                _settle([(each.done, error) for each in batch])
                continue
            stored = []
            for event, (_, span, done) in zip(events, batch, strict=True):
                if event is None:
                    _settle([(done, None)])
                else:
                    stored.append(_Stored(event, span, done))
            if stored:
                await self._stored.put(stored)

    async def _project_batches(self) -> None:
        while True:
            batch = await self._stored.get()
            fates: list[Exception | None]
            try:
                with self._tracing.batch("project to PostgreSQL", [each.span for each in batch]):
                    fates = await asyncio.to_thread(
                        self._project, [each.event for each in batch], _traceparents(batch)
                    )
            except Exception as error:
                fates = [error] * len(batch)
            _settle([(each.done, fate) for each, fate in zip(batch, fates, strict=True)])

    def _next_batch(self) -> list[_Delivery]:
        size = min(len(self._waiting), MAX_BATCH)
        batch = [self._waiting.popleft() for _ in range(size)]
        if not self._waiting:
            self._arrived.clear()
        return batch


def _traceparents(batch: Sequence[_Stored]) -> dict[UUID, str]:
    recorded = [each for each in batch if each.span.trace_flags.sampled]
    return {each.event.event_id: tracing.traceparent(each.span) for each in recorded}


def _settle(fates: "Sequence[tuple[asyncio.Future[None], Exception | None]]") -> None:
    for done, error in fates:
        if done.done():  # the pusher has gone
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
