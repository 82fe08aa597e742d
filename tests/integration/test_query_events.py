"""What became of a command, asked of the running service on a real PostgreSQL."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from odds.event import Event
from odds.v1 import query_pb2
from tests.examples import NOW, delete, new, update
from tests.integration.query_service import Market, QueryService, query_service
from tests.stack import Databases

ASKERS = 24
WAIT = 45.0
"""Seconds; no test should need them."""


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[QueryService]:
    with query_service(database_url, QUERY_THREADS="1", EVENT_WAIT_SECONDS="50") as service:
        yield service


@pytest.fixture(scope="module")
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.engine.dispose()


def told(service: QueryService, event_id: UUID, query: str = "") -> dict[str, Any]:
    answer = service.request("GET", f"/events/{event_id}{query}")
    assert answer.status == 200, answer.body
    data: dict[str, Any] = answer.json()["Data"]
    return data


def history_of_all_outcomes() -> Sequence[tuple[Event, str]]:
    """Batches of one event each, and what becomes of it."""
    created = new()
    newest = update(created, at=NOW + 9)
    return [
        (created, "applied"),
        (newest, "applied"),
        (update(created, at=NOW + 5), "stale"),
        (update(uuid4()), "hidden"),
        (delete(created, at=NOW + 10), "applied"),
        (update(created, at=NOW + 11), "deleted"),
    ]


def test_a_held_request_is_answered_when_its_event_is_projected_whatever_became_of_it(
    service: QueryService, market: Market
) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(ASKERS) as clients:
        for event, outcome in history_of_all_outcomes():
            asked = _ask_and_be_held(clients, service, event)
            market.project(event)
            assert {each.result()["Outcome"] for each in asked} == {outcome}
    assert time.monotonic() - began < WAIT


def _ask_and_be_held(
    clients: ThreadPoolExecutor, service: QueryService, event: Event
) -> list["Future[dict[str, Any]]"]:
    """More requests than there are threads are held, and another one is answered meanwhile."""
    asked = [clients.submit(told, service, event.event_id, f"?wait={WAIT}") for _ in range(ASKERS)]
    assert service.request("GET", "/odds?page_size=1").status == 200
    assert not any(each.done() for each in asked)
    return asked


def test_what_became_of_an_event_is_told_with_the_times_of_each_step(
    service: QueryService, market: Market
) -> None:
    created = new(occurred_at=NOW - 7)
    market.project(created)
    event = told(service, created.event_id)
    assert 0 < event.pop("ProjectedAt") <= time.time() + 1
    assert event == {
        "EventID": str(created.event_id),
        "ExternalID": str(created.external_id),
        "Provider": "acme",
        "GameID": created.command.payload.game_id,
        "Command": "NewOdds",
        "Outcome": "applied",
        "MoneyLine": {"Home": 1.9, "Away": 4.2, "Draw": 3.5},
        "Deleted": False,
        "CommandMoneyLine": {"Home": 1.9, "Away": 4.2, "Draw": 3.5},
        "OccurredAt": (NOW - 7) / 1e6,
        "CreatedAt": NOW / 1e6,
    }


def test_what_is_not_known_is_pending_at_once_or_after_the_wait(service: QueryService) -> None:
    event_id = uuid4()
    pending = {"EventID": str(event_id), "Outcome": "pending"}
    began = time.monotonic()
    assert told(service, event_id) == pending
    assert told(service, event_id, "?wait=0.3") == pending
    assert 0.3 <= time.monotonic() - began < WAIT


def test_protobuf_says_pending_too(service: QueryService) -> None:
    accept = {"Accept": "application/x-protobuf"}
    event_id = uuid4()
    answer = service.request("GET", f"/events/{event_id}", accept)
    message = query_pb2.QueryResponse.FromString(answer.body)
    assert message.event == query_pb2.OddsEvent(
        event_id=str(event_id), outcome=query_pb2.OUTCOME_PENDING
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/events/7", "event_id: is '7'; expected a UUID"),
        (f"/events/{UUID(int=1)}?wait=51", "wait: is 51; expected 0 to 50 seconds"),
        (f"/events/{UUID(int=1)}?wait=-1", "wait: is '-1'; expected 0 to 50 seconds"),
        (f"/events/{UUID(int=1)}?wait=long", "wait: is 'long'; expected 0 to 50 seconds"),
        (f"/events/{UUID(int=1)}?wait=1&wait=1", "wait: is given 2 times; expected it once"),
        (f"/events/{UUID(int=1)}?weight=1", "weight: is not known; expected one of wait"),
    ],
)
def test_a_bad_parameter_is_refused_at_once(service: QueryService, path: str, message: str) -> None:
    answer = service.request("GET", path)
    assert answer.status == 400
    assert answer.json()["Msg"].startswith(message)


def test_graphql_tells_the_same_and_null_while_it_is_pending(
    service: QueryService, market: Market
) -> None:
    query = "query told($id: ID!, $wait: Float!) { event(event_id: $id, wait: $wait) { outcome } }"

    def ask(event_id: UUID, wait: float) -> Any:
        variables = {"id": str(event_id), "wait": wait}
        return service.post(query, "application/json", variables=variables).json()

    assert ask(uuid4(), 0.2) == {"data": {"event": None}}
    assert ask(uuid4(), 51)["errors"][0]["message"].startswith("wait: is 51; expected 0 to 50")
    created = new()
    with ThreadPoolExecutor(1) as client:
        held = client.submit(ask, created.event_id, WAIT)
        assert service.request("GET", "/odds?page_size=1").status == 200
        market.project(created)
        assert held.result() == {"data": {"event": {"outcome": "applied"}}}
