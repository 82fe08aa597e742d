"""A subscription's way out over a WebSocket, by graphql-transport-ws."""

import msgspec
from starlette.websockets import WebSocket

from query_api.cursor import Cursor
from query_api.stream.parcel import Parcel
from query_api.stream.sink import Sink, Transport
from query_api.stream.tally import Tally

_FINAL_TEXT = b"\x81"


class WebSocketSink(Sink):
    """Where a subscription's results go over a WebSocket, which has signs of life of its own."""

    def __init__(
        self, websocket: WebSocket, id_: str, transport: Transport | None, tally: Tally
    ) -> None:
        super().__init__(tally)
        self._websocket = websocket
        self._before = b'{"id":%s,"type":"next","payload":' % msgspec.json.encode(id_)
        self.transport = transport

    def write_beat(self, at: Cursor) -> None:
        pass

    async def _send_beat(self, at: Cursor | None) -> None:
        pass

    async def _send(self, parcel: Parcel) -> None:
        for result in parcel.results:
            await self._websocket.send_text(self._message(result).decode())

    def _written(self, parcel: Parcel) -> bytes:
        return b"".join(text_frame(self._message(result)) for result in parcel.results)

    def _message(self, result: bytes) -> bytes:
        return b"%s%s}" % (self._before, result)


def text_frame(text: bytes) -> bytes:
    """A frame as a server sends it (RFC 6455, section 5.2)."""
    length = len(text)
    if length < 126:
        return b"%s%c%s" % (_FINAL_TEXT, length, text)
    if length < 1 << 16:
        return b"%s\x7e%s%s" % (_FINAL_TEXT, length.to_bytes(2, "big"), text)
    return b"%s\x7f%s%s" % (_FINAL_TEXT, length.to_bytes(8, "big"), text)
