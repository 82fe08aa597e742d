"""Headers that keep a browser from doing more with an answer than it is meant for."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # An answer is data: it loads nothing, and no page frames it. A page sets a policy of its own.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers"""

RawHeader = tuple[bytes, bytes]

_RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def completed(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers of an answer, and those of ours that it doesn't have."""
    given = list(headers)
    present = {name for name, _ in given}
    return given + [each for each in _RAW if each[0] not in present]


class SecurityHeaders:
    """Around an ASGI application: completes the headers of every answer."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = completed(message["headers"])
            await send(message)

        await self._inside(scope, receive, send_with_headers)
