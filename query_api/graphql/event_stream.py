"""GraphQL over server-sent events, distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_api.graphql.accept import EVENT_STREAM
from query_api.graphql.stream_log import Delivered, logged_stream
from query_api.graphql.tasks import first_of

HEARTBEAT_SECONDS = 5.0

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


def single_event(result: Mapping[str, Any]) -> Response:
    """The one result of an operation, for a client that takes nothing but a stream."""
    body = _next(result) + _COMPLETE
    return Response(body, headers=_HEADERS, media_type=EVENT_STREAM)


class EventStream(Response):
    """A stream of results until the client leaves or the results end.

    The results of a subscription to a feed end only when the service does: the stream breaks
    off without a ``complete``, so that the client connects again.
    """

    def __init__(self, results: AsyncIterator[Mapping[str, Any]]) -> None:
        super().__init__(headers=_HEADERS, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._results = results
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        # The server holds the headers back until there is a body.
        await self._send(send, _COMMENT)
        with logged_stream("sse") as delivered:
            await first_of(self._pump(send, delivered), self._beat(send), _left(receive))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send, delivered: Delivered) -> None:
        async for result in self._results:
            await self._send(send, _next(result))
            delivered.events += 1

    async def _beat(self, send: Send) -> None:
        """Comment when quiet, so that both ends notice a connection that is gone."""
        while True:
            quiet = time.monotonic() - self._sent_at
            if quiet < HEARTBEAT_SECONDS:
                await asyncio.sleep(HEARTBEAT_SECONDS - quiet)
            else:
                await self._send(send, _COMMENT)

    async def _send(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        self._sent_at = time.monotonic()


def _next(result: Mapping[str, Any]) -> bytes:
    return b"event: next\ndata: " + msgspec.json.encode(result) + b"\n\n"


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
