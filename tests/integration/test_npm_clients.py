"""The clients that people use, from npm, against the query service."""

import itertools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import IO, Any
from uuid import UUID

import pytest

from local.ports import free_port
from tests.integration.query_service import (
    GRAPHQL,
    Market,
    QueryService,
    query_service,
)
from tests.paths import ROOT
from tests.stack import Databases
from tests.waiting import wait_for

CLIENTS = ROOT / "tests" / "clients"
RESUMING = ("graphql-sse", "graphql-ws", "apollo", "urql on graphql-ws", "EventSource")
NAMES = (*RESUMING, "urql")


@pytest.fixture(scope="module")
def node() -> str:
    """Node with the packages of the lock file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js and npm are not installed")
    if not (CLIENTS / "node_modules").is_dir():
        install = (npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
        if subprocess.run(install, cwd=CLIENTS, capture_output=True).returncode != 0:
            pytest.skip("npm can't install the clients: there is no registry")
    return node


@pytest.fixture(scope="module")
def market(databases: Databases) -> Iterator[tuple[Market, QueryService]]:
    database_url = databases.fresh()
    market = Market(database_url)
    with query_service(database_url) as service:
        yield market, service
    market.engine.dispose()


@contextmanager
def client(node: str, name: str, service: QueryService) -> Iterator[IO[str]]:
    """What a client prints; it is stopped at the end."""
    command = (
        node,
        str(CLIENTS / "clients.mjs"),
        name,
        f"http://127.0.0.1:{service.port}{GRAPHQL}",
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout
        finally:
            process.kill()


def told(lines: IO[str]) -> Any:
    line = lines.readline()
    assert line, "the client has ended"
    return json.loads(line)


def wait_for_streams(service: QueryService, count: int) -> None:
    wait_for(lambda: service.health()["streams"] == count)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_asks_and_follows(
    node: str, market: tuple[Market, QueryService], name: str
) -> None:
    odds, service = market
    wait_for_streams(service, 0)
    external_id = odds.new()
    with client(node, name, service) as lines:
        assert told(lines)["query"]["list_odds"]["total"] > 0
        wait_for_streams(service, 1)
        odds.update(external_id, 2.0, 2.5)
        odds.update(external_id, 3.0)
        changes = [told(lines)["change"]["getInstantOdds"] for _ in range(3)]
    assert [change["moneyline"]["home"] for change in changes] == [2.0, 2.5, 3.0]
    assert {change["external_id"] for change in changes} == {str(external_id)}
    assert len({change["cursor"] for change in changes}) == 3


def test_clients_that_resume_lose_nothing_and_get_nothing_twice_over_restarts(
    node: str, databases: Databases
) -> None:
    """Neither before the first change that they get nor while changes come."""
    database_url, port = databases.fresh(), free_port()
    odds = Market(database_url)
    external_id, homes = odds.new(), itertools.count(2)
    with ExitStack() as opened:
        running = opened.enter_context(ExitStack())

        def start() -> QueryService:
            return running.enter_context(query_service(database_url, port=port))

        def end(service: QueryService) -> None:
            wait_for_streams(service, len(RESUMING))
            service.terminate()
            running.close()

        service = start()
        following = {name: opened.enter_context(client(node, name, service)) for name in RESUMING}
        for lines in following.values():
            told(lines)
        end(service)
        odds.update(external_id, *itertools.islice(homes, 3))
        service = start()
        with changes(odds, external_id, homes):
            end(service)
            service = start()
            wait_for_streams(service, len(RESUMING))
        last = next(homes)
        odds.update(external_id, last)
        got = {name: list(prices_until(last, lines)) for name, lines in following.items()}
    assert got == {name: list(range(2, last + 1)) for name in RESUMING}
    odds.engine.dispose()


@contextmanager
def changes(odds: Market, external_id: UUID, homes: Iterator[int]) -> Iterator[None]:
    """Come one after the other until the end of the block."""
    over = threading.Event()

    def change() -> None:
        while not over.wait(0.05):
            odds.update(external_id, next(homes))

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        try:
            yield
        finally:
            over.set()
        changing.result()


def prices_until(last: float, lines: IO[str]) -> Iterator[float]:
    home = None
    while home != last:
        home = told(lines)["change"]["getInstantOdds"]["moneyline"]["home"]
        yield home
