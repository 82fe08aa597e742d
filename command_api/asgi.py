"""The command service's ASGI application: Flask on the event loop, where publishing is too.

A thread per command would cost more than all that the command needs:
docs/decisions/2026-11-23-command-worker.md.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from command_api.bodies import MAX_BODY
from command_api.event_loop_flask import EventLoopFlask
from command_api.metrics import Metrics
from odds.adapters.http.health import LIVE
from odds.adapters.http.wsgi_bridge import wsgi_bridge
from odds.adapters.http.wsgi_environ import wsgi_environ
from odds.adapters.telemetry.tracing import Tracing


class CommandApplication:
    def __init__(
        self,
        flask: EventLoopFlask,
        tracing: Tracing,
        metrics: Metrics,
        *,
        health: Executor,
        at_end: Callable[[], Awaitable[None]],
    ) -> None:
        """Checks of readiness block, so they run in ``health``; ``at_end`` runs when all is
        answered."""
        self._flask = flask
        self._tracing = tracing
        self._metrics = metrics
        self._at_end = at_end
        routes = [LIVE, Mount("/", wsgi_bridge(flask, health))]
        self._router = Router(routes, lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            await self._answer(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = wsgi_environ(scope, await _body(receive))
        with self._tracing.request(f"{scope['method']} command", scope["headers"]) as span:
            response = await self._flask.answer(environ)
            span.set_attribute("http.response.status_code", response.status_code)
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers
        ]
        status = response.status_code
        if status != HTTPStatus.ACCEPTED:
            self._metrics.refused(status)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else response.get_data()
        await send({"type": "http.response.body", "body": body})

    @asynccontextmanager
    async def _lifespan(self, _: Router) -> AsyncIterator[None]:
        yield
        await self._at_end()


async def _body(receive: Receive) -> bytes:
    """The body, or enough of it to see that it is too long."""
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            break
    return body
