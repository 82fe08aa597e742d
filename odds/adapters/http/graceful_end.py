"""The end of a gunicorn ASGI worker: it answers what it has taken, and then ends.

By itself the worker waits until every connection is closed, also those on which nothing is asked:
for as long as it may, after which it is killed before its application has cleaned up.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

WAITS = 5
"""Seconds that a worker waits for what it has taken; then its application cleans up, in what is
left of ``graceful_timeout``."""
GRACEFUL_TIMEOUT = 9
"""Seconds after which gunicorn kills a worker; Cloud Run grants 10 from SIGTERM on."""
_POLL = 0.1
"""Seconds."""
_MANY = 1_000_000
"""More connections than can close, which the worker then subtracts, between two looks."""


class InHand:
    """Around an ASGI application: knows how many requests it is answering."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inside(scope, receive, send)
            return
        self.requests += 1
        try:
            await self._inside(scope, receive, send)
        finally:
            self.requests -= 1


def prepare(worker: Any, at_signal: Callable[[], object] = lambda: None) -> None:
    """For ``post_worker_init``: have SIGTERM end the worker as soon as it has nothing in hand.

    ``at_signal`` is called on the event loop when the signal comes.
    """
    worker.asgi = in_hand = InHand(worker.asgi)
    worker.cfg.set("graceful_timeout", WAITS)  # the worker's own copy: the master keeps to its own
    tasks = []

    def stop() -> None:
        worker.handle_exit_signal()
        at_signal()
        tasks.append(worker.loop.create_task(_count_by_requests(worker, in_hand)))

    worker.loop.add_signal_handler(signal.SIGTERM, stop)


async def _count_by_requests(worker: Any, in_hand: InHand) -> None:
    """Have the worker wait while something is being answered, however many connections are open."""
    while True:
        await asyncio.sleep(_POLL)  # in which an answer that was given is sent
        worker.nr_conns = _MANY if in_hand.requests else 0
