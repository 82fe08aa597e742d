"""Lets readers in, and answers those who may not read before anything is read for them."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.guard.refusal import NOT_LET_IN, turn_away
from odds.adapters.http.request_id import request_id
from query_api.rest.json_responses import encode
from query_api.rest.responses import JSON, QueryResponse, Status

HEALTH = "/health/"


class ReaderGuard:
    """Around an ASGI application; a WebSocket shows its token in the handshake's headers."""

    def __init__(self, guard: Guard, inside: ASGIApp) -> None:
        self._guard = guard
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"].startswith(HEALTH):
            await self._inside(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._guard.require_reader(shown.authorization(headers.getlist))
        except NOT_LET_IN as error:
            await _refuse(error, scope, headers, send)
            return
        await self._inside(scope, receive, send)


async def _refuse(error: Exception, scope: Scope, headers: Headers, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4401, "reason": str(error)})
        return
    status, extra = turn_away(error)
    asked = request_id(headers.get("x-request-id"))
    body = encode(QueryResponse(asked, Status.FAIL, str(error)))
    named = {"content-type": JSON, "cache-control": "no-store", "x-request-id": asked, **extra}
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    bodiless = scope["method"] == "HEAD"
    await send({"type": "http.response.body", "body": b"" if bodiless else body})
