"""WebSockets through the gateway, to a service that is really there."""

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.gateways import Running, with_gateway


@with_gateway
async def test_a_websocket_speaks_the_subprotocol_that_the_service_chose(gateway: Running) -> None:
    offered = ("graphql-ws", "graphql-transport-ws")
    async with gateway.client.ws_connect("/api/graphql", protocols=offered) as ws:
        assert ws.protocol == "graphql-transport-ws"
        await ws.send_str("hello")
        assert await ws.receive_str() == "graphql-transport-ws hello"
        await ws.send_bytes(b"\0\1")
        assert await ws.receive_bytes() == b"\0\1"


@with_gateway
async def test_a_websocket_closed_by_the_service_says_why(gateway: Running) -> None:
    async with gateway.client.ws_connect("/api/graphql") as ws:
        await ws.send_str("close")
        message = await ws.receive()
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4400, "as asked")


@with_gateway
async def test_a_websocket_closed_by_the_client_is_closed_at_the_service(gateway: Running) -> None:
    async with gateway.client.ws_connect("/api/graphql") as ws:
        await ws.close(code=4001)
    await gateway.upstream.left.wait()
    assert gateway.upstream.close_code == 4001


@with_gateway
async def test_a_websocket_to_a_service_that_is_not_running_is_refused(gateway: Running) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await gateway.client.ws_connect("/replay/7")
    assert refusal.value.status == 503
