"""Headers that keep a browser from doing more with an answer than it is meant for."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # An answer is data: it loads nothing, and no page frames it. A page sets a policy of its own.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers"""

_RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


class SecurityHeaders:
    """Around an ASGI application: adds those that an answer doesn't have."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message["headers"])
                present = {name for name, _ in given}
                message["headers"] = given + [each for each in _RAW if each[0] not in present]
            await send(message)

        await self._inside(scope, receive, send_with_headers)
