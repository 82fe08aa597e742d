"""Requests that wait until their event has been projected.

All of them share one look at the log, made when somebody begins to wait and when the change feed
hears of news; so that nobody polls, and who waits holds no thread.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Set
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from query_api.read_model.queries import EventRequest
from query_api.read_model.reader import ReadModelAway

_log = logging.getLogger(__name__)

Known = Callable[[Set[UUID]], Awaitable[Set[UUID]]]
"""Says which of these events are in the log. Raises ReadModelAway."""


class _Waiter(NamedTuple):
    event_id: UUID
    over: "asyncio.Future[None]"


class EventWaiters:
    """Those who wait for an event. Belongs to the event loop: call it from there only."""

    def __init__(self, known: Known, longest_wait: float) -> None:
        """``longest_wait`` is for how many seconds a client may ask to be held."""
        self.longest_wait = longest_wait
        self._known = known
        self._waiting: set[_Waiter] = set()
        self._news = asyncio.Event()
        self._ended = False

    async def wait(self, request: EventRequest) -> None:
        """Return once the event is projected, after ``request.wait`` seconds, or where it can't be
        known: the read model is away, or the service ends."""
        if self._ended or not request.wait:
            return
        waiter = _Waiter(request.event_id, asyncio.get_running_loop().create_future())
        self._waiting.add(waiter)
        self.look()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(request.wait):
                    await waiter.over
        finally:
            self._waiting.discard(waiter)

    def look(self) -> None:
        """Something was projected."""
        self._news.set()

    async def watch(self) -> None:
        """Look whenever there is news, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._waiting:
                await self._look()

    def end(self) -> None:
        """Let all who wait go, and nobody wait any more."""
        self._ended = True
        _release(self._waiting)

    async def _look(self) -> None:
        waiting = list(self._waiting)
        asked = {waiter.event_id for waiter in waiting}
        try:
            known = await self._known(asked)
        except ReadModelAway:
            known = asked
        except Exception:  # A watch that ends would hold all who come for all their seconds.
            _log.exception("look for events failed")
            known = asked
        _release(waiter for waiter in waiting if waiter.event_id in known)


def _release(waiters: Iterable[_Waiter]) -> None:
    for waiter in waiters:
        if not waiter.over.done():
            waiter.over.set_result(None)
