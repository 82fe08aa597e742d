"""GraphQL over WebSocket by graphql-transport-ws, on the running service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from socket import SHUT_RDWR
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.integration.query_service import (
    DEADLINE,
    GRAPHQL,
    INSTANT_ODDS,
    Market,
    QueryService,
    query_service,
    wait_until,
)
from tests.stack import Databases

PROTOCOL = "graphql-transport-ws"


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[QueryService]:
    with query_service(database_url) as service:
        yield service


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.engine.dispose()


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

    async def close_code(self) -> int | None:
        message = await self.websocket.receive(timeout=DEADLINE)
        assert message.type is WSMsgType.CLOSE, message
        return self.websocket.close_code


@asynccontextmanager
async def connected(
    service: QueryService, protocol: str = PROTOCOL, *, init: bool = True
) -> AsyncIterator[Client]:
    url = f"ws://127.0.0.1:{service.port}{GRAPHQL}"
    async with ClientSession() as session, session.ws_connect(url, protocols=[protocol]) as socket:
        client = Client(socket)
        if init:
            await client.send("connection_init")
            assert await client.receive() == {"type": "connection_ack"}
        yield client


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 2 * DEADLINE))


def wait_for_streams(service: QueryService, count: int) -> None:
    wait_until(lambda: service.health()["streams"] == count, f"{count} open streams")


def test_two_subscriptions_on_one_connection_get_every_change(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.subscribe("a")
            await client.subscribe("b", "subscription { getInstantOdds { event_id } }")
            wait_for_streams(service, 2)
            external_id = market.new()
            expected = market.update(external_id, 3.0, 4.0)
            got: dict[str, list[str]] = {"a": [], "b": []}
            for _ in range(6):
                message = await client.receive()
                assert message["type"] == "next"
                change = message["payload"]["data"]["getInstantOdds"]
                got[message["id"]].append(change["event_id"])
            assert got["a"] == got["b"]
            assert got["a"][1:] == expected

    run(test)
    wait_for_streams(service, 0)


def test_a_completed_subscription_is_freed_and_its_id_free_again(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.subscribe("a")
            wait_for_streams(service, 1)
            await client.send("complete", id="a")
            wait_for_streams(service, 0)
            market.new()
            await client.subscribe("a", "{ __typename }")
            assert (await client.receive())["payload"] == {"data": {"__typename": "Query"}}
            assert await client.receive() == {"type": "complete", "id": "a"}

    run(test)


def test_queries_are_answered_and_completed(service: QueryService) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.subscribe("q", "{ list_odds(page_size: 1) { page_size } }")
            payload = {"data": {"list_odds": {"page_size": 1}}}
            assert await client.receive() == {"type": "next", "id": "q", "payload": payload}
            assert await client.receive() == {"type": "complete", "id": "q"}

    run(test)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"query": "{ nothing }"}, "Cannot query field 'nothing'"),
        ({"query": "subscription {"}, "Syntax Error"),
        ({"query": 1}, "not a GraphQL request"),
        ({}, "not a GraphQL request"),
    ],
)
def test_a_bad_operation_is_an_error_and_the_connection_goes_on(
    service: QueryService, payload: dict[str, object], message: str
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.send("subscribe", id="bad", payload=payload)
            answer = await client.receive()
            assert (answer["type"], answer["id"]) == ("error", "bad")
            assert message in answer["payload"][0]["message"]
            await client.send("ping", payload={"a": 1})
            assert await client.receive() == {"type": "pong", "payload": {"a": 1}}

    run(test)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4400),
        ("[]", 4400),
        ('{"type": "start"}', 4400),
        ('{"type": "subscribe", "payload": {"query": "{ a }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}', 4400),
        ('{"type": "subscribe", "id": "a", "payload": {"query": "{ a }"}}', 4401),
    ],
)
def test_a_message_against_the_protocol_closes_the_connection(
    service: QueryService, text: str, code: int
) -> None:
    async def test() -> None:
        async with connected(service, init=False) as client:
            await client.websocket.send_str(text)
            assert await client.close_code() == code

    run(test)


def test_binary_a_second_init_and_an_id_in_use_close_the_connection(
    service: QueryService,
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.websocket.send_bytes(b"{}")
            assert await client.close_code() == 4400
        async with connected(service) as client:
            await client.send("connection_init")
            assert await client.close_code() == 4429
        async with connected(service) as client:
            await client.subscribe("a")
            await client.subscribe("a")
            assert await client.close_code() == 4409

    run(test)
    wait_for_streams(service, 0)


def test_another_subprotocol_is_refused(service: QueryService) -> None:
    async def test() -> None:
        async with connected(service, "graphql-ws", init=False) as client:
            assert await client.close_code() == 4406

    run(test)


def test_a_client_that_vanishes_is_freed(service: QueryService) -> None:
    async def test() -> None:
        async with connected(service) as client:
            for id_ in "abc":
                await client.subscribe(id_)
            wait_for_streams(service, 3)
            client.websocket.get_extra_info("socket").shutdown(SHUT_RDWR)

    run(test)
    wait_for_streams(service, 0)


def test_sigterm_closes_connections_so_that_clients_come_again(database_url: str) -> None:
    async def test() -> None:
        with query_service(database_url) as service:
            async with connected(service) as client:
                await client.subscribe("a")
                wait_for_streams(service, 1)
                service.terminate()
                assert await client.close_code() == 1001
            await asyncio.to_thread(service.process.wait, DEADLINE)

    run(test)
