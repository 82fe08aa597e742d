"""The projector's ASGI application: pushes go straight to the batcher, all else to Flask.

Flask's contexts and a thread per push cost several times what a push itself does:
docs/decisions/2026-11-23-projector-worker.md.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import Headers
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.http import graceful_end, health
from odds.adapters.http.security_headers import SecurityHeaders
from odds.adapters.telemetry import request_trace
from odds.adapters.telemetry.logs import fields
from odds.adapters.telemetry.tracing import EVENT_ID, Tracing
from projector import envelope, heart
from projector.answers import TAKEN, Answer, answer, refusal
from projector.batcher import Batcher
from projector.bodies import read_body
from projector.envelope import Envelope
from projector.metrics import Metrics

ANSWERED_BY_THE_END = graceful_end.WAITS - 0.5
"""Seconds; the rest is for the answers to be sent."""

_log = logging.getLogger(__name__)


class ProjectorApplication:
    def __init__(
        self,
        batcher: Batcher,
        guard: Guard,
        push_path: str,
        flask: ASGIApp,
        metrics: Metrics,
        tracing: Tracing,
        *,
        beat: Callable[[], None],
        at_end: Callable[[], object],
    ) -> None:
        """``beat`` runs in a thread again and again, ``at_end`` when all is answered."""
        self._beat = beat
        self._metrics = metrics
        self._tracing = tracing
        self._at_end = at_end
        self._batcher = batcher
        self._guard = guard
        self._push_path = push_path
        router = Router([health.LIVE, Mount("/", flask)], lifespan=self._lifespan)
        self._beside_pushes = SecurityHeaders(router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._push_path:
            request_trace.follow(scope["headers"])
            await answer(send, await self._push(scope, receive))
        else:
            await self._beside_pushes(scope, receive, send)

    def end(self) -> None:
        """Answer what was taken, and take no more. Call it on the event loop, and as soon as the
        process is told to stop: what is not answered when the server stops waiting is cut off."""
        self._batcher.end(ANSWERED_BY_THE_END)

    async def _push(self, scope: Scope, receive: Receive) -> Answer:
        """Take one message; the status acknowledges it or has it come again."""
        if scope["method"] != "POST":
            return Answer(405, "a push is a POST", {"Allow": "POST"})
        pushed: Envelope | None = None
        try:
            self._guard.require_push(shown.authorization(Headers(scope=scope).getlist))
            self._batcher.require_room()
            pushed = envelope.read(await read_body(receive))
            attributes = pushed.message.attributes
            with self._tracing.message("project event", attributes) as span:
                span.set_attribute(EVENT_ID, attributes.get("event_id", ""))
                await self._batcher.take(pushed)
        except Exception as error:
            _log.error("push refused", extra=_facts(error, pushed))
            self._metrics.events({(_velocity(pushed), "refused"): 1})
            return refusal(error)
        return TAKEN

    @asynccontextmanager
    async def _lifespan(self, _: Router) -> AsyncIterator[None]:
        work = {"batches": self._batcher.run(), "heartbeat": heart.beat(self._beat)}
        tasks = [asyncio.create_task(each, name=name) for name, each in work.items()]
        for task in tasks:
            task.add_done_callback(_end_with_it)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(self._at_end)


def _end_with_it(task: "asyncio.Task[None]") -> None:
    """End a worker of which a part has ended by a fault: its pushes would wait for ever, or its
    readers believe that it is gone."""
    if not task.cancelled():
        _log.critical("%s ended", task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


def _facts(error: Exception, pushed: Envelope | None) -> dict[str, Any]:
    return fields(
        error=f"{type(error).__name__}: {error}",
        message_id=pushed and pushed.message.message_id,
        event_id=pushed and pushed.message.attributes.get("event_id"),
        event_velocity=_velocity(pushed),
        subscription=pushed and pushed.subscription,
    )


def _velocity(pushed: Envelope | None) -> str | None:
    return pushed.message.attributes.get("event_velocity") if pushed else None
