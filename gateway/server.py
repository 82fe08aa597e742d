"""aiohttp's HTTP server, with bodies left as they come and its own refusals in our shape."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway import errors
from gateway.headers import REQUEST_ID
from odds.adapters.http.request_id import request_id

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server(web.Server):
    """A client that goes away cancels its request: else its stream from a service stayed open."""

    def __init__(self, gateway: Handler) -> None:
        super().__init__(gateway, handler_cancellation=True)

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=asyncio.get_running_loop(), auto_decompress=False)


class _Protocol(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP (4xx), and to what we have done wrong (500)."""
        refused = super().handle_error(request, status, exc, message)
        why = " ".join((message or "").split())
        told = "internal error" if status >= 500 else f"no request that HTTP allows: {why}"
        asked = request_id(request.headers.get(REQUEST_ID))
        answer = errors.failure(refused.status, told, asked)
        answer.force_close()
        return answer
