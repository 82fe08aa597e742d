"""The clients that people use, from npm, against the query service."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

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
NAMES = ("graphql-sse", "graphql-ws", "apollo", "urql", "EventSource")


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


def wait_for_stream(service: QueryService) -> None:
    wait_for(lambda: service.health()["streams"] == 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_asks_and_follows(
    node: str, market: tuple[Market, QueryService], name: str
) -> None:
    odds, service = market
    wait_for(lambda: service.health()["streams"] == 0)
    external_id = odds.new()
    with client(node, name, service) as lines:
        assert told(lines)["query"]["list_odds"]["total"] > 0
        wait_for_stream(service)
        odds.update(external_id, 2.0, 2.5)
        odds.update(external_id, 3.0)
        changes = [told(lines)["change"]["getInstantOdds"] for _ in range(3)]
    assert [change["moneyline"]["home"] for change in changes] == [2.0, 2.5, 3.0]
    assert {change["external_id"] for change in changes} == {str(external_id)}
    assert len({change["cursor"] for change in changes}) == 3


def test_an_event_source_loses_nothing_and_gets_nothing_twice_over_restarts(
    node: str, databases: Databases
) -> None:
    """Neither before the first change that it gets nor after others."""
    database_url, port = databases.fresh(), free_port()
    odds = Market(database_url)
    external_id = odds.new()
    homes, got = itertools.count(2), list[Any]()
    with ExitStack() as opened:
        running = opened.enter_context(ExitStack())
        service = running.enter_context(query_service(database_url, port=port))
        lines = opened.enter_context(client(node, "EventSource", service))
        told(lines)
        for changes in (0, 2):
            wait_for_stream(service)
            odds.update(external_id, *itertools.islice(homes, changes))
            got += [told(lines) for _ in range(changes)]
            service.terminate()
            running.close()
            odds.update(external_id, *itertools.islice(homes, 3))
            service = running.enter_context(query_service(database_url, port=port))
            got += [told(lines) for _ in range(3)]
        odds.update(external_id, next(homes))
        got.append(told(lines))
    prices = [each["change"]["getInstantOdds"]["moneyline"]["home"] for each in got]
    assert prices == [*range(2, 11)]
    odds.engine.dispose()
