"""A client that speaks graphql-transport-ws by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.integration.query_service import DEADLINE, GRAPHQL, INSTANT_ODDS, QueryService

PROTOCOL = "graphql-transport-ws"
PING = {"type": "ping"}


class Client:
    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        self.websocket = websocket

    async def send(self, type_: str, **message: object) -> None:
        await self.websocket.send_json({"type": type_, **message})

    async def subscribe(self, id_: str, query: str = INSTANT_ODDS) -> None:
        await self.send("subscribe", id=id_, payload={"query": query})

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.websocket.receive_json(timeout=DEADLINE)
        return message

    async def change(self) -> dict[str, Any]:
        while (message := await self.receive()) == PING:
            await self.send("pong")
        assert message["type"] == "next", message
        change: dict[str, Any] = message["payload"]["data"]["getInstantOdds"]
        return change

    async def close_code(self) -> int | None:
        message = await self.websocket.receive(timeout=DEADLINE)
        while message.type is WSMsgType.TEXT and message.json() == PING:
            message = await self.websocket.receive(timeout=DEADLINE)
        assert message.type is WSMsgType.CLOSE, message
        return self.websocket.close_code


@asynccontextmanager
async def connected(
    service: QueryService, protocol: str = PROTOCOL, *, init: bool = True, place: object = None
) -> AsyncIterator[Client]:
    """``place`` is where its subscriptions are to go on."""
    url = f"ws://127.0.0.1:{service.port}{GRAPHQL}"
    async with ClientSession() as session, session.ws_connect(url, protocols=[protocol]) as socket:
        client = Client(socket)
        if init:
            await client.send("connection_init", payload={"Last-Event-ID": place})
            assert await client.receive() == {"type": "connection_ack"}
        yield client


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 2 * DEADLINE))
