"""Headers as a proxy passes them on, both ways."""

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

REQUEST_ID = "X-Request-ID"

# RFC 9110, section 7.6.1: these are about one connection and never passed on.
HOP_BY_HOP = (
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
)
# The gateway does these handshakes itself, with either side.
WEBSOCKET_HANDSHAKE = (
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
)
EXPECT = "Expect"


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers that are for the other end, without those of the one connection."""
    kept = CIMultiDict(headers)
    named_by_connection = [
        name.strip() for value in headers.getall("Connection", ()) for name in value.split(",")
    ]
    for name in (*HOP_BY_HOP, *named_by_connection):
        kept.popall(name, None)
    return kept


def for_service(request: web.BaseRequest, request_id: str) -> CIMultiDict[str]:
    """A request's headers for the service behind, with whom and what the client asked."""
    headers = end_to_end(request.headers)
    for name in (EXPECT, *WEBSOCKET_HANDSHAKE):
        headers.popall(name, None)
    earlier = headers.get("X-Forwarded-For")
    client = request.remote or "unknown"
    headers["X-Forwarded-For"] = f"{earlier}, {client}" if earlier else client
    headers.setdefault("X-Forwarded-Host", request.host)
    headers.setdefault("X-Forwarded-Proto", request.scheme)
    headers[REQUEST_ID] = request_id
    return headers
