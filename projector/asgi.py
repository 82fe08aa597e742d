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

import msgspec
from starlette.datastructures import Headers
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from odds.adapters import request_trace
from odds.adapters.datastore import EventStoreUnavailable
from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.guard.refusal import NOT_LET_IN, turn_away
from odds.adapters.logs import fields
from odds.adapters.read_model import ReadModelUnavailable
from odds.adapters.tracing import EVENT_ID, Tracing
from projector import envelope, heart
from projector.batcher import Batcher, Overloaded
from projector.envelope import Envelope, NoEnvelope
from projector.metrics import Metrics

MAX_BODY = 16 * 1024 * 1024
"""Bytes; a Pub/Sub message has at most 10 MB, which base64 makes a third longer."""

_log = logging.getLogger(__name__)


class BodyTooLong(ValueError):
    """More than any push has."""


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
        self._router = Router([Mount("/", flask)], lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._push_path:
            request_trace.follow(scope["headers"])
            await _answer(send, *await self._push(scope, receive))
        else:
            await self._router(scope, receive, send)

    async def _push(self, scope: Scope, receive: Receive) -> tuple[int, str]:
        """Take one message; the status acknowledges it or has it come again."""
        if scope["method"] != "POST":
            return 405, "a push is a POST"
        pushed: Envelope | None = None
        try:
            self._guard.require_push(shown.authorization(Headers(scope=scope).getlist))
            pushed = envelope.read(await _body(receive))
            attributes = pushed.message.attributes
            with self._tracing.message("project event", attributes) as span:
                span.set_attribute(EVENT_ID, attributes.get("event_id", ""))
                await self._batcher.take(pushed)
        except Exception as error:
            _log.error("push refused", extra=_facts(error, pushed))
            self._metrics.event(_velocity(pushed), "refused")
            return _refusal(error)
        return 204, ""

    @asynccontextmanager
    async def _lifespan(self, _: Router) -> AsyncIterator[None]:
        batches = asyncio.create_task(self._batcher.run())
        batches.add_done_callback(_end_with_it)
        beating = asyncio.create_task(heart.beat(self._beat))
        yield
        batches.cancel()
        beating.cancel()
        await asyncio.to_thread(self._at_end)


def _end_with_it(batches: "asyncio.Task[None]") -> None:
    """End a worker whose batches have ended by a fault: its pushes would wait for ever."""
    if not batches.cancelled():
        _log.critical("batcher ended", exc_info=batches.exception())
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


def _refusal(error: Exception) -> tuple[int, str]:
    """The status, and what is told: never the words of a store or of a bug."""
    match error:
        case error if isinstance(error, NOT_LET_IN):
            return turn_away(error).status, str(error)
        case NoEnvelope():
            return 400, str(error)
        case BodyTooLong():
            return 413, str(error)
        case Overloaded():
            return 429, str(error)
        case EventStoreUnavailable():
            return 503, "Datastore did not take the event"
        case ReadModelUnavailable():
            return 503, "PostgreSQL did not take the event"
        case _:
            return 500, "internal error"


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BODY:
            raise BodyTooLong(f"body: is longer than {MAX_BODY} bytes")
        if not message.get("more_body"):
            return body


async def _answer(send: Send, status: int, msg: str) -> None:
    body = msgspec.json.encode({"Msg": msg}) if msg else b""
    headers = [(b"content-type", b"application/json")] if msg else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
