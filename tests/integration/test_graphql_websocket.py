"""GraphQL over WebSocket by graphql-transport-ws, on the running service."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from socket import SHUT_RDWR

import pytest
from sqlalchemy import text

from query_api.graphql.connection import MAX_OPERATIONS
from tests.integration.graphql_websocket import PING, connected, run
from tests.integration.query_service import (
    DEADLINE,
    INSTANT_ODDS_OF,
    Market,
    QueryService,
    query_service,
    wait_until,
)
from tests.stack import Databases


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[QueryService]:
    with query_service(database_url, HEARTBEAT_SECONDS="60") as service:
        yield service


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.engine.dispose()


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


def test_a_subscription_begins_with_an_image_or_goes_on_from_a_place(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        external_id = market.new(game_id="soccer:ws")
        async with connected(service) as client:
            begin = INSTANT_ODDS_OF % 'game_id: "soccer:ws", snapshot: true'
            await client.subscribe("image", begin)
            image = await client.change()
            assert (image["external_id"], image["image"]) == (str(external_id), True)
            await client.send("complete", id="image")
            expected = market.project(
                *(market.updated(external_id, home, game_id="soccer:ws") for home in (3.0, 4.0))
            )
            await client.subscribe("since", INSTANT_ODDS_OF % f'since: "{image["cursor"]}"')
            assert [(await client.change())["event_id"] for _ in range(2)] == expected

    run(test)


async def of_two_changes(service: QueryService, market: Market) -> tuple[list[str], list[str]]:
    """The places of a new odds and of two changes of it, and the ids of the events of these."""
    async with connected(service) as client:
        await client.subscribe("before")
        wait_for_streams(service, 1)
        event_ids = market.update(market.new(), 3.0, 4.0)
        return [(await client.change())["cursor"] for _ in range(3)], event_ids


def test_subscriptions_go_on_from_where_their_connection_says_but_for_one_that_names_a_place(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        places, expected = await of_two_changes(service, market)
        async with connected(service, place=places[0]) as client:
            for id_ in "ab":
                await client.subscribe(id_, INSTANT_ODDS_OF % "snapshot: true")
                assert [(await client.change())["event_id"] for _ in range(2)] == expected
            await client.subscribe("c", INSTANT_ODDS_OF % f'since: "{places[1]}"')
            assert (await client.change())["event_id"] == expected[1]

    run(test)


def test_each_operation_goes_on_from_its_own_place_and_others_begin_as_they_ask(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        places, expected = await of_two_changes(service, market)
        own = {"a": places[1], "b": places[0], "gone": places[0], "new": None}
        async with connected(service, place=own) as client:
            await client.subscribe("a")
            assert (await client.change())["event_id"] == expected[1]
            await client.subscribe("b", INSTANT_ODDS_OF % f'since: "{places[1]}"')
            assert [(await client.change())["event_id"] for _ in range(2)] == expected
            await client.send("complete", id="a")
            for id_ in ("new", "a"):
                await client.subscribe(id_, INSTANT_ODDS_OF % "snapshot: true")
                while (change := await client.change())["cursor"] is None:
                    pass
                assert change["image"]
                await client.send("complete", id=id_)

    run(test)
    wait_for_streams(service, 0)


@pytest.mark.parametrize("nowhere", [None, "", {}])
def test_a_connection_that_was_nowhere_yet_begins_with_the_present(
    service: QueryService, market: Market, nowhere: object
) -> None:
    async def test() -> None:
        async with connected(service, place=nowhere) as client:
            await client.subscribe("a")
            wait_for_streams(service, 1)
            external_id = market.new()
            assert (await client.change())["external_id"] == str(external_id)

    run(test)
    wait_for_streams(service, 0)


def test_what_an_application_puts_beside_the_place_is_its_own(service: QueryService) -> None:
    async def test() -> None:
        async with connected(service, init=False) as client:
            await client.send("connection_init", payload={"token": 1, "last-event-id": "x"})
            assert await client.receive() == {"type": "connection_ack"}

    run(test)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("7", "Last-Event-ID: is '7'; expected a cursor that this API gave"),
        ({"a": "7"}, "Last-Event-ID: is '7'; expected a cursor that this API gave"),
        (7, "Invalid message: Expected `str | object | null`, got `int` - at `$.payload"),
    ],
)
def test_a_place_that_is_none_closes_the_connection_and_says_so(
    service: QueryService, place: object, reason: str
) -> None:
    async def test() -> None:
        async with connected(service, init=False) as client:
            await client.send("connection_init", payload={"Last-Event-ID": place})
            closed = await client.websocket.receive(timeout=DEADLINE)
            assert closed.data == 4400
            assert str(closed.extra).startswith(reason)

    run(test)


def test_too_many_operations_are_refused_and_those_before_them_are_not(
    service: QueryService, market: Market
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            for number in range(MAX_OPERATIONS + 2):
                await client.subscribe(str(number))
            refused = [await client.receive() for _ in range(2)]
            assert [(each["type"], each["id"]) for each in refused] == [
                ("error", str(MAX_OPERATIONS + number)) for number in range(2)
            ]
            [error] = refused[0]["payload"]
            assert error["message"] == "32 operations are open already on this connection"
            wait_for_streams(service, MAX_OPERATIONS)
            await client.send("complete", id="0")
            await client.subscribe("one more", "{ __typename }")
            assert (await client.receive())["id"] == "one more"

    run(test)
    wait_for_streams(service, 0)


def test_a_full_process_asks_clients_to_come_again_later(database_url: str) -> None:
    async def test() -> None:
        with query_service(database_url, MAX_SUBSCRIBERS="1") as service:
            async with connected(service) as first:
                await first.subscribe("a")
                wait_for_streams(service, 1)
                async with connected(service, init=False) as second:
                    assert await second.close_code() == 1013
                await first.subscribe("b")
                assert await first.close_code() == 1013

    run(test)


def test_a_stream_that_fails_by_our_fault_may_come_again_and_the_log_says_why(
    postgres_url: str, tmp_path: Path
) -> None:
    async def test() -> None:
        async with connected(broken) as client:
            await client.subscribe("a", INSTANT_ODDS_OF % "snapshot: true")
            assert await client.close_code() == 1013

    told = tmp_path / "log"
    with told.open("wb") as log, query_service(postgres_url, output=log) as broken:
        market = Market(postgres_url)
        with market.engine.begin() as breaking:
            breaking.execute(text("ALTER TABLE odds RENAME home TO nowhere"))
        market.engine.dispose()
        run(test)
    (line,) = (each for each in told.read_text().splitlines() if "Traceback" in each)
    assert "operation over WebSocket failed" in line


def test_a_client_that_answers_no_ping_is_gone(database_url: str) -> None:
    async def test() -> None:
        with query_service(database_url, HEARTBEAT_SECONDS="1") as service:
            async with connected(service) as silent, connected(service) as lively:
                await silent.subscribe("a")
                await lively.subscribe("a")
                wait_for_streams(service, 2)
                while service.health()["streams"] == 2:
                    assert await lively.receive() == PING
                    await lively.send("pong")
                assert service.health()["streams"] == 1

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
