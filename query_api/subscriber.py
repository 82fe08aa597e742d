"""One reader of the stream, and the changes that wait for it."""

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from query_api.change import Change


class Subscriber:
    """An asynchronous iterator over the changes since it was made, in feed order.

    At most ``buffer`` changes wait. Once more would, the reader is too slow, and what waits is
    conflated: of each odds only the newest change, marked where it stands for earlier ones
    (design, rule 8). When the reader has caught up it gets every change again.
    """

    def __init__(self, buffer: int) -> None:
        self._buffer = buffer
        self._waiting: deque[Change] = deque()
        self._newest: dict[int, Change] = {}
        self._woken = asyncio.Event()
        self._ended = False

    def offer(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if self._newest:
                self._conflate(change)
            else:
                self._append(change)
        self._woken.set()

    def end(self) -> None:
        """End the iteration now; what still waits is left out."""
        self._ended = True
        self._woken.set()

    def __aiter__(self) -> "Subscriber":
        return self

    async def __anext__(self) -> Change:
        # Even where changes wait the others get their turn: sending to a reader that keeps up
        # never blocks, so nothing else would let go of the event loop.
        await asyncio.sleep(0)
        while not (self._waiting or self._newest or self._ended):
            self._woken.clear()
            await self._woken.wait()
        if self._ended:
            raise StopAsyncIteration
        return self._take()

    def _append(self, change: Change) -> None:
        self._waiting.append(change)
        if len(self._waiting) > self._buffer:
            overdue, self._waiting = self._waiting, deque()
            for waiting in overdue:
                self._conflate(waiting)

    def _conflate(self, change: Change) -> None:
        if self._newest.pop(change.id, None) is not None:
            change = msgspec.structs.replace(change, conflated=True)
        self._newest[change.id] = change

    def _take(self) -> Change:
        if self._waiting:
            return self._waiting.popleft()
        return self._newest.pop(next(iter(self._newest)))
