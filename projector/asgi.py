"""The projector's ASGI application: pushes go straight to the batcher, all else to Flask.

Flask's contexts and a thread per push cost several times what a push itself does:
docs/decisions/2026-11-23-projector-worker.md.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import Headers
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.guard.refusal import NOT_LET_IN, RETRY_AFTER_SECONDS, turn_away
from odds.adapters.http import health
from odds.adapters.http.security_headers import RawHeader, SecurityHeaders, completed
from odds.adapters.read_model.read_model import ReadModelUnavailable
from odds.adapters.telemetry import request_trace
from odds.adapters.telemetry.logs import fields
from odds.adapters.telemetry.tracing import EVENT_ID, Tracing
from projector import envelope, heart
from projector.batcher import Batcher, Overloaded, TooSlow
from projector.envelope import Envelope, NoEnvelope
from projector.metrics import Metrics

MAX_BODY = 16 * 1024 * 1024
"""Bytes; a Pub/Sub message has at most 10 MB, which base64 makes a third longer."""

_log = logging.getLogger(__name__)


class BodyTooLong(ValueError):
    """More than any push has."""


class Answer(NamedTuple):
    status: int
    msg: str = ""
    headers: Mapping[str, str] = {}


_TAKEN = Answer(204)
_LATER = {"Retry-After": str(RETRY_AFTER_SECONDS)}


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
            return _refusal(error)
        return _TAKEN

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


def _refusal(error: Exception) -> Answer:
    """What is told: never the words of a store or of a bug."""
    match error:
        case error if isinstance(error, NOT_LET_IN):
            turned_away = turn_away(error)
            return Answer(turned_away.status, str(error), turned_away.headers)
        case NoEnvelope():
            return Answer(400, str(error))
        case BodyTooLong():
            return Answer(413, str(error))
        case Overloaded():
            return Answer(429, str(error), _LATER)
        case TooSlow():
            return Answer(503, str(error), _LATER)
        case EventStoreUnavailable():
            return Answer(503, "Datastore did not take the event", _LATER)
        case ReadModelUnavailable():
            return Answer(503, "PostgreSQL did not take the event", _LATER)
        case _:
            return Answer(500, "internal error")


async def read_body(receive: Receive) -> bytes:
    """Raises BodyTooLong."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY:
            raise BodyTooLong(f"body: is longer than {MAX_BODY} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)


async def answer(send: Send, told: Answer) -> None:
    """An answer without words has nothing that a browser could misuse, and no headers."""
    body = msgspec.json.encode({"Msg": told.msg}) if told.msg else b""
    headers = _headers(told) if told.msg else []
    await send({"type": "http.response.start", "status": told.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(told: Answer) -> list[RawHeader]:
    given = {"Content-Type": "application/json", **told.headers}
    return completed((name.lower().encode(), value.encode()) for name, value in given.items())
