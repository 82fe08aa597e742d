"""One WebSocket passed on to a service, message by message, both ways."""

import asyncio

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web
from yarl import URL

from gateway import errors
from gateway.headers import for_service

# RFC 6455, section 7.4.1: these say how a connection ended and are never sent.
NEVER_SENT = (None, 1005, 1006, 1015)

Side = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


class WebSocketRelay:
    def __init__(self, pool: aiohttp.ClientSession) -> None:
        self._pool = pool

    async def pass_on(
        self, request: web.BaseRequest, service: str, url: URL, request_id: str
    ) -> web.StreamResponse:
        """Relay until either side closes; the service chooses the subprotocol."""
        try:
            to_service = await self._pool.ws_connect(
                url,
                headers=for_service(request, request_id),
                protocols=_offered(request),
                autoclose=False,
                autoping=False,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as refusal:
            message = f"{service} refused the WebSocket: {refusal.message}"
            return errors.failure(refusal.status, message, request_id)
        except aiohttp.ClientConnectorError:
            return errors.not_running(service, request_id)
        except aiohttp.ClientError:
            return errors.broke_off(service, request_id)
        async with to_service:
            return await _relay(request, to_service)


def _offered(request: web.BaseRequest) -> tuple[str, ...]:
    offers = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
    return tuple(offer.strip() for offer in offers.split(",") if offer.strip())


async def _relay(
    request: web.BaseRequest, to_service: aiohttp.ClientWebSocketResponse
) -> web.WebSocketResponse:
    chosen = (to_service.protocol,) if to_service.protocol else ()
    to_client = web.WebSocketResponse(
        protocols=chosen, autoclose=False, autoping=False, max_msg_size=0
    )
    await to_client.prepare(request)
    try:
        await asyncio.gather(
            _pass_messages(to_client, to_service), _pass_messages(to_service, to_client)
        )
    finally:
        # A client that vanished has said no close code: then this is the first the service hears.
        await to_service.close(code=WSCloseCode.GOING_AWAY)
    return to_client


async def _pass_messages(source: Side, target: Side) -> None:
    """Until the source closes; then close both, the target first, so that it learns the code."""
    try:
        message = await source.receive()
        while await _pass_one(message, target):
            message = await source.receive()
    except ConnectionError:
        # The target is gone, which the other direction sees and tells the source.
        return
    if message.type is not WSMsgType.CLOSING:
        code, reason = _sendable(source.close_code), (message.extra or "").encode()
        await target.close(code=code, message=reason)
        await source.close(code=code)


async def _pass_one(message: aiohttp.WSMessage, target: Side) -> bool:
    """Whether it was one to pass on: the others say that the source has closed."""
    match message.type:
        case WSMsgType.TEXT:
            await target.send_str(message.data)
        case WSMsgType.BINARY:
            await target.send_bytes(message.data)
        case WSMsgType.PING:
            await target.ping(message.data)
        case WSMsgType.PONG:
            await target.pong(message.data)
        case _:
            return False
    return True


def _sendable(code: int | None) -> int:
    return WSCloseCode.GOING_AWAY if code is None or code in NEVER_SENT else code
