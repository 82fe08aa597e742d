"""GraphQL over server-sent events, distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_api.cursor import Cursor
from query_api.graphql.accept import EVENT_STREAM
from query_api.graphql.stream_log import logged_stream
from query_api.graphql.tasks import first_of
from query_api.outlet import Outlet, transport_of
from query_api.parcel import Parcel, http_chunk
from query_api.streams import Streams
from query_api.subscriber import Subscriber
from query_api.tally import Tally

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


def single_event(result: Mapping[str, Any]) -> Response:
    """The one result of an operation, for a client that takes nothing but a stream."""
    body = b"event: next\ndata: %s\n\n" % msgspec.json.encode(result) + _COMPLETE
    return Response(body, headers=_HEADERS, media_type=EVENT_STREAM)


class EventStream(Response):
    """A stream of results until the client leaves or the stream's time is over.

    It breaks off without a ``complete``, so that the client connects again.
    """

    def __init__(self, subscriber: Subscriber, streams: Streams) -> None:
        super().__init__(headers=_HEADERS, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._subscriber = subscriber
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outlet = EventStreamOutlet(send, self._streams.tally)
        if scope["http_version"] == "1.1":
            outlet.transport = transport_of(receive)
            self.headers["transfer-encoding"] = "chunked"
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        # The server holds the headers back until there is a body.
        await outlet.beat()
        with logged_stream("sse", outlet):
            delivery = self._streams.deliver(self._subscriber, outlet)
            await first_of(delivery, self._streams.over(), _left(receive))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EventStreamOutlet(Outlet):
    """Its transport is one of HTTP/1.1, where a body without a length goes in chunks."""

    def __init__(self, send: Send, tally: Tally) -> None:
        super().__init__(tally)
        self._asgi_send = send

    async def mark(self, cursor: Cursor) -> None:
        await self._send_body(b"id: %s\n\n" % str(cursor).encode())

    async def beat(self) -> None:
        await self._send_body(_COMMENT)

    def write_beat(self) -> None:
        self._write(http_chunk(_COMMENT))

    async def _send(self, parcel: Parcel) -> None:
        await self._send_body(parcel.event_stream)

    def _written(self, parcel: Parcel) -> bytes:
        return parcel.chunk

    async def _send_body(self, body: bytes) -> None:
        await self._asgi_send({"type": "http.response.body", "body": body, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
