"""Events published from an event loop in a thread of its own, for tests that block."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from odds.adapters.event_bus import publisher
from odds.adapters.event_bus.publish_call import PublishCall
from odds.adapters.event_bus.publisher import EventPublisher
from odds.event import Event
from odds.event_bus import EventBus


class BlockingPublisher:
    def __init__(self, events: EventPublisher, loop: asyncio.AbstractEventLoop) -> None:
        self._events = events
        self._loop = loop
        self.ping = events.ping

    def publish(self, event: Event) -> None:
        self.start(event).result(30)

    def start(self, event: Event) -> "Future[None]":
        """Publish without waiting; events of one thread are taken in its order."""
        return self._on_loop(lambda: self._events.publish(event))

    def close(self) -> None:
        self._on_loop(self._events.close).result(30)

    def _on_loop(self, call: Callable[[], Awaitable[Any]]) -> "Future[Any]":
        async def run() -> Any:
            return await call()

        return asyncio.run_coroutine_threadsafe(run(), self._loop)


@contextmanager
def publishing(
    host: str, bus: EventBus, topic_path: str, *, timeout: float
) -> Iterator[BlockingPublisher]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    probe = publisher.connect(host)
    call = PublishCall(host)
    events = EventPublisher(call, probe, bus, topic_path, timeout=timeout)
    blocking = BlockingPublisher(events, loop)
    try:
        yield blocking
        blocking.close()
    finally:
        probe.transport.close()  # type: ignore[no-untyped-call]
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
