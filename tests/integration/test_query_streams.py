"""Streams on a real server: how they leave it, and what they are told when there is trouble."""

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Any

import pytest
from sqlalchemy import text

from query_api.parameters import MAX_CONFLATE_MS
from tests.integration.graphql_websocket import PING, connected, run
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

HEARTBEAT = 1.0
BEATS = 24
BEATS_SECONDS = 50.0
"""In which fewer would come by default: one every two and a half seconds."""
AWAY = """
ALTER TABLE odds RENAME TO odds_there;
CREATE FUNCTION away() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
    $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '57P03'; END $$;
CREATE VIEW odds AS SELECT * FROM odds_there WHERE away();
"""
"""The feed, which reads the log, goes on; images are not to be had."""


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.engine.dispose()


@pytest.fixture(scope="module")
def log() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as log:
        yield log


@pytest.fixture(scope="module")
def service(database_url: str, log: IO[bytes]) -> Iterator[QueryService]:
    with query_service(database_url, output=log, HEARTBEAT_SECONDS=str(HEARTBEAT)) as service:
        yield service


def logged(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode()


def opened(log: IO[bytes]) -> list[tuple[str, bool]]:
    """Of each stream its protocol, and whether it writes to the transport."""
    lines = [json.loads(line) for line in logged(log).splitlines() if "stream opened" in line]
    return [(line["transport"], line["direct"]) for line in lines]


def test_streams_write_to_the_transport_of_the_server_as_it_runs(
    service: QueryService, market: Market, log: IO[bytes]
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            await client.subscribe("a")
            wait_until(lambda: service.health()["streams"] == 2, "a second stream")
            external_id = market.new()
            assert stream.take(1)[0]["external_id"] == str(external_id)
            assert (await client.change())["external_id"] == str(external_id)

    stream = service.subscribe()
    run(test)
    assert opened(log)[-2:] == [("sse", True), ("websocket", True)]


def test_to_a_client_of_http_1_0_they_go_by_the_servers_own_way(
    service: QueryService, market: Market, log: IO[bytes]
) -> None:
    body = json.dumps({"query": INSTANT_ODDS}).encode()
    head = (
        f"POST {GRAPHQL} HTTP/1.0\r\nContent-Type: application/json\r\n"
        f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), DEADLINE) as client:
        client.sendall(head.encode() + body)
        lines = client.makefile("rb")
        assert b" 200 " in lines.readline()
        assert b"chunked" not in b"".join(iter(lines.readline, b"\r\n")).lower()
        assert lines.readline() == b":\n"
        external_id = market.new()
        expected = market.update(external_id, *range(2, 22))
        changes = (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
        got = [next(changes)["data"]["getInstantOdds"]["event_id"] for _ in range(21)]
    assert got[1:] == expected
    assert opened(log)[-1] == ("sse", False)


def test_a_quiet_stream_gives_signs_of_life_and_a_quiet_connection_is_pinged(
    service: QueryService,
) -> None:
    async def test() -> None:
        async with connected(service) as client:
            assert [await client.receive() for _ in range(2)] == [PING] * 2

    stream = service.subscribe('(game_id: "soccer:quiet")')
    began = time.monotonic()
    lines = stream.lines()
    assert [next(lines) for _ in range(3 * BEATS)] == [":", f"id: {stream.place}", ""] * BEATS
    assert time.monotonic() - began < BEATS_SECONDS
    run(test)


def test_a_stream_is_conflated_as_its_client_asks(service: QueryService, market: Market) -> None:
    stream = service.subscribe('(game_id: "soccer:conflated", conflate_ms: 1000)')
    external_id = market.new(game_id="soccer:conflated")
    assert stream.take(1)[0]["external_id"] == str(external_id)
    for home in range(2, 12):
        market.project(market.updated(external_id, home, game_id="soccer:conflated"))
    got: list[dict[str, Any]] = []
    while not got or got[-1]["moneyline"]["home"] != 11.0:
        got += stream.take(1)
    assert len(got) < 10
    assert any(change["conflated"] for change in got)


@pytest.mark.parametrize("conflate_ms", [-1, MAX_CONFLATE_MS + 1])
def test_bounds_of_conflation_are_told(service: QueryService, conflate_ms: int) -> None:
    asked = f"subscription {{ getInstantOdds(conflate_ms: {conflate_ms}) {{ id }} }}"
    refused = service.post(asked, "application/graphql-response+json, text/event-stream")
    [error] = refused.json()["errors"]
    expected = f"conflate_ms: is {conflate_ms}; expected 0 to {MAX_CONFLATE_MS}"
    assert (refused.status, error["message"]) == (400, expected)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_while_the_read_model_is_away_clients_are_told_to_come_again(
    databases: Databases, log: IO[bytes]
) -> None:
    """By a status where nothing was sent yet, and else by the end of the stream."""
    database_url = databases.fresh()
    market = Market(database_url)
    image = INSTANT_ODDS.replace("getInstantOdds", "getInstantOdds(snapshot: true)")

    async def test() -> None:
        async with connected(troubled) as client:
            await client.subscribe("a", image)
            assert await client.close_code() == 1013

    with query_service(database_url, output=log) as troubled:
        stream = troubled.subscribe()
        market.new()
        assert len(stream.take(1)) == 1
        with market.engine.begin() as breaking:
            breaking.execute(text(AWAY))
        refused = troubled.post(image, "text/event-stream")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert refused.json()["errors"][0]["message"] == "the read model is away; try again"
        run(test)
        with market.engine.begin() as rebuild:
            rebuild.execute(text("UPDATE read_model_generation SET generation = gen_random_uuid()"))
            rebuild.execute(text("NOTIFY odds_feed"))
        assert list(stream.events()) == []
    market.engine.dispose()
    assert "Traceback" not in logged(log)
    assert logged(log).count("a stream ends, for the read model is away") == 1
