"""One hop from ASGI to a WSGI application that answers short requests without a body."""

import asyncio
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from odds.adapters.http.wsgi_environ import wsgi_environ

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def wsgi_bridge(application: "WSGIApplication", pool: Executor) -> ASGIApp:
    """An ASGI application that runs the WSGI one in ``pool``, and reads no request body."""

    async def bridge(scope: Scope, _: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        loop = asyncio.get_running_loop()
        status, headers, body = await loop.run_in_executor(
            pool, _call, application, wsgi_environ(scope, b"")
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bridge


def _call(application: "WSGIApplication", environ: "WSGIEnvironment") -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        started.append((status, headers))

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return int(status.split(" ", 1)[0]), encoded, body
