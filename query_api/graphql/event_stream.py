"""GraphQL over server-sent events, distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_api.cursor import Cursor
from query_api.graphql.accept import EVENT_STREAM
from query_api.graphql.stream_log import logged_stream
from query_api.read_model.reader import ReadModelAway
from query_api.stream.parcel import Parcel, http_chunk
from query_api.stream.sink import Sink, transport_of
from query_api.stream.streams import Streams
from query_api.stream.subscriber import Subscriber
from query_api.stream.tally import Tally
from query_api.tasks import first_of, has_left

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_COMPLETE = b"event: complete\ndata:\n\n"

_log = logging.getLogger(__name__)


def single_event(result: Mapping[str, Any]) -> Response:
    """The one result of an operation, for a client that takes nothing but a stream."""
    body = b"event: next\ndata: %s\n\n" % msgspec.json.encode(result) + _COMPLETE
    return Response(body, headers=_HEADERS, media_type=EVENT_STREAM)


class EventStream(Response):
    """A stream of results until the client leaves, the stream's time is over, or the read model is
    away when it is needed.

    It breaks off without a ``complete``, so that the client connects again. Raises ReadModelAway
    where nothing was sent yet: the request can still be answered with that.
    """

    def __init__(self, subscriber: Subscriber, streams: Streams) -> None:
        super().__init__(headers=_HEADERS, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._subscriber = subscriber
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sink = EventStreamSink(send, self.raw_headers, self._streams.tally)
        if scope["http_version"] == "1.1":
            sink.transport = transport_of(receive)
            sink.headers.append((b"transfer-encoding", b"chunked"))
        try:
            with logged_stream("sse", sink):
                delivery = self._streams.deliver(self._subscriber, sink)
                await first_of(delivery, self._streams.over(), has_left(receive))
        except ReadModelAway as away:
            if not sink.began:
                raise
            _log.warning("a stream ends, for the read model is away: %s", away)
        await sink.end()


class EventStreamSink(Sink):
    """Its transport is one of HTTP/1.1, where a body without a length goes in chunks. The answer
    begins with the first that is sent."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], tally: Tally) -> None:
        super().__init__(tally)
        self.headers = headers
        self.began = False
        self._asgi_send = send

    async def end(self) -> None:
        await self._send_body(b"", more=False)

    def write_beat(self, at: Cursor) -> None:
        self._write(http_chunk(_beat(at)))

    async def _send_beat(self, at: Cursor | None) -> None:
        await self._send_body(_beat(at))

    async def _send(self, parcel: Parcel) -> None:
        await self._send_body(parcel.event_stream)

    def _written(self, parcel: Parcel) -> bytes:
        return parcel.chunk

    async def _send_body(self, body: bytes, *, more: bool = True) -> None:
        if not self.began:
            self.began = True
            start = {"type": "http.response.start", "status": 200, "headers": self.headers}
            await self._asgi_send(start)
        await self._asgi_send({"type": "http.response.body", "body": body, "more_body": more})


def _beat(at: Cursor | None) -> bytes:
    """A comment; and an event without data, which is none but is where a client that comes again
    goes on from (HTML, section 9.2.6)."""
    return b":\n\n" if at is None else b":\nid: %s\n\n" % str(at).encode()
