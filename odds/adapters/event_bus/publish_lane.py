"""The way of messages that keep one order, or none, to the bus."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from google.pubsub_v1.types import PubsubMessage

from odds.adapters.event_bus.publish_call import MessageRefused, PublishFailed

MAX_BATCH = 100
"""Messages per request: far from Pub/Sub's limits of 1,000 and, at 64 KiB each, of 10 MB."""
SHARED_SECONDS = 1.0
"""How much of its time a message may lose to one that it shares a request with."""
UNORDERED_REQUESTS = 8
"""Requests that may be in flight for a topic without order."""

Send = Callable[[Sequence[PubsubMessage], float], Awaitable[None]]
"""Sends messages in one request, before a deadline in seconds of the event loop's clock."""


class _Waiting(NamedTuple):
    message: PubsubMessage
    deadline: float
    taken: "asyncio.Future[None]"


class PublishLane:
    """Messages of one ordering key, or of one topic without order, on their way to the bus.

    Batches form by themselves: what comes while the lane is busy goes in the next request.

    An ordered lane has one request in flight, and when that has failed, what waits behind it fails
    too: it would overtake. What comes after that starts afresh. A message that the bus will never
    take fails alone: nothing can overtake it.
    """

    def __init__(self, send: Send, *, ordered: bool) -> None:
        self._send = send
        self._ordered = ordered
        self._waiting: deque[_Waiting] = deque()
        self._requests: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        return not self._requests

    def put(self, message: PubsubMessage, deadline: float) -> "asyncio.Future[None]":
        """Take a message; the future is done once the bus has it, or could not have it."""
        taken = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(message, deadline, taken))
        if len(self._requests) < (1 if self._ordered else UNORDERED_REQUESTS):
            self._requests.add(asyncio.create_task(self._send_waiting()))
        return taken

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                await self._send_batch(self._next_batch())
        finally:
            # Not in a callback of the task, before which a message could still be put.
            self._requests -= {asyncio.current_task()}

    async def _send_batch(self, batch: list[_Waiting]) -> None:
        try:
            await self._send([each.message for each in batch], batch[0].deadline)
        except asyncio.CancelledError:
            self._fail([*batch, *self._all_waiting()], PublishFailed("the publisher was closed"))
            raise
        except MessageRefused as error:
            await self._halve(batch, error)
        except Exception as error:
            self._fail([*batch, *self._all_waiting()] if self._ordered else batch, error)
        else:
            for each in batch:
                each.taken.set_result(None)

    async def _halve(self, batch: list[_Waiting], error: MessageRefused) -> None:
        """Find the message that is no good; the others go on in their order."""
        half = len(batch) // 2
        if not half:
            self._fail(batch, error)
            return
        self._waiting.extendleft(reversed(batch[half:]))
        await self._send_batch(batch[:half])

    def _next_batch(self) -> list[_Waiting]:
        """Of messages that come first, and whose senders give up at nearly the same time: they
        share the deadline of the first, after which none of them may be sent."""
        first = self._waiting.popleft()
        batch, waiting = [first], self._waiting
        while (
            waiting
            and len(batch) < MAX_BATCH
            and 0 <= waiting[0].deadline - first.deadline <= SHARED_SECONDS
        ):
            batch.append(waiting.popleft())
        return batch

    def _all_waiting(self) -> list[_Waiting]:
        waiting = [*self._waiting]
        self._waiting.clear()
        return waiting

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        for each in batch:
            each.taken.set_exception(error)
