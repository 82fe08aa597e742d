"""The projector over a real Datastore and a real PostgreSQL, pushed to as Pub/Sub pushes."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from google.cloud import datastore as library
from sqlalchemy import Engine, select, text

from odds import event_codec
from odds.adapters import datastore, postgres
from odds.adapters.datastore import Datastore
from odds.adapters.event_store import EventStore
from odds.adapters.tables import odds, odds_event_log
from odds.command import MoneyLine
from odds.event import Event, accept
from odds.v1 import event_pb2
from projector.main import create_app
from tests.examples import NOW, command, delete, new, update


@pytest.fixture
def client(
    postgres_url: str, datastore_host: str, project: str, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    return create_app().test_client()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = postgres.create_engine(postgres_url, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def store(datastore_host: str, project: str) -> EventStore:
    return EventStore(Datastore(datastore.connect(datastore_host), project))


@pytest.fixture
def entities(datastore_host: str, project: str, monkeypatch: pytest.MonkeyPatch) -> library.Client:
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
    return library.Client(project=project)


def push(client: FlaskClient, data: Event | bytes, message_id: str = "1") -> int:
    """Push as Pub/Sub does, and return the status."""
    body = event_codec.encode(data) if isinstance(data, Event) else data
    message = {
        "data": base64.b64encode(body).decode(),
        "attributes": {"event_id": "x"},
        "messageId": message_id,
        "publishTime": "2026-11-23T00:00:00Z",
    }
    envelope = {"message": message, "subscription": "projects/p/subscriptions/s"}
    return client.post("/push", json=envelope).status_code


def outcomes(engine: Engine) -> dict[UUID, str]:
    with engine.connect() as connection:
        rows = connection.execute(select(odds_event_log.c.event_id, odds_event_log.c.outcome))
        return {row.event_id: row.outcome.value for row in rows}


def reasons(entities: library.Client) -> list[str]:
    return [entity["Reason"] for entity in entities.query(kind="Parked").fetch()]


def test_a_pushed_event_is_stored_and_projected_before_it_is_acknowledged(
    client: FlaskClient, engine: Engine, store: EventStore
) -> None:
    event = new()
    assert push(client, event) == 204
    assert store.find([event.event_id])[event.event_id].event == event
    assert outcomes(engine) == {event.event_id: "applied"}


def test_an_event_delivered_twice_is_one(client: FlaskClient, engine: Engine) -> None:
    event = new()
    assert [push(client, event), push(client, event)] == [204, 204]
    assert len(outcomes(engine)) == 1


def test_events_in_disorder_converge(client: FlaskClient, engine: Engine) -> None:
    created = new()
    events = [update(created, home=7.0), created, update(created, at=NOW - 5), delete(created)]
    assert [push(client, event) for event in events] == [204] * 4
    assert [*outcomes(engine).values()] == ["hidden", "applied", "stale", "applied"]
    with engine.connect() as connection:
        (row,) = connection.execute(select(odds))
    assert (row.home, row.deleted) == (7.0, True)


def test_a_command_accepted_twice_is_projected_as_it_was_stored(
    client: FlaskClient, engine: Engine
) -> None:
    asked = command()
    for created_at in (NOW, NOW + 7):
        assert push(client, accept(asked, None, "soccer", now=created_at)) == 204
    with engine.connect() as connection:
        assert connection.scalar(select(odds.c.created_at)) == NOW


def test_bytes_that_are_no_event_are_parked_and_acknowledged(
    client: FlaskClient, engine: Engine, entities: library.Client
) -> None:
    assert push(client, b"\xff\xff poison") == 204
    assert push(client, b"\xff\xff poison", message_id="2") == 204
    (parked,) = entities.query(kind="Parked").fetch()
    assert parked["Data"] == b"\xff\xff poison"
    assert parked["Reason"] == "the bytes are no Event"
    assert parked["Subscription"] == "projects/p/subscriptions/s"
    assert outcomes(engine) == {}


def test_an_event_of_a_newer_schema_is_parked(
    client: FlaskClient, entities: library.Client
) -> None:
    message = event_pb2.Event.FromString(event_codec.encode(new()))
    message.schema_version = 2
    assert push(client, message.SerializeToString()) == 204
    assert reasons(entities) == ["schema version 2 is none of 1 to 1"]


def test_another_command_under_a_known_event_id_is_parked_as_a_conflict(
    client: FlaskClient, engine: Engine, entities: library.Client
) -> None:
    first = command(request_id="r")
    second = command(request_id="r", money_line=MoneyLine(99.0, 99.0))
    events = [accept(asked, None, "soccer", now=NOW) for asked in (first, second)]
    assert [push(client, event) for event in events] == [204, 204]
    assert reasons(entities) == [f"another command is stored under EventID {events[0].event_id}"]
    with engine.connect() as connection:
        assert connection.scalar(select(odds.c.home)) == 1.9


def test_a_hundred_changes_of_one_odds_at_once_end_in_the_newest(
    client: FlaskClient, engine: Engine
) -> None:
    created = new()
    changes = [update(created, at=NOW + n, home=100.0 + n) for n in range(1, 101)]
    with ThreadPoolExecutor(16) as pushes:
        statuses = set(pushes.map(lambda e: push(client, e), [*changes[50:], created, *changes]))
    assert statuses == {204}
    assert len(outcomes(engine)) == 101
    with engine.connect() as connection:
        assert connection.scalar(select(odds.c.home)) == 200.0


def test_without_postgresql_a_push_comes_again_and_is_applied_once_it_is_back(
    client: FlaskClient, engine: Engine, store: EventStore
) -> None:
    event = new()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE odds RENAME TO away"))
    assert push(client, event) == 503
    assert client.get("/health/live").status_code == 200
    assert [*store.find([event.event_id])] == [event.event_id]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO odds"))
    assert push(client, event) == 204
    assert outcomes(engine) == {event.event_id: "applied"}


def test_without_datastore_nothing_is_projected(
    postgres_url: str, project: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    client = create_app().test_client()
    assert push(client, new()) == 503
    assert client.get("/health/ready").status_code == 503
    assert outcomes(engine) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"message": {}}', b"[" * 50_000, b"\xff"])
def test_what_is_no_push_envelope_is_refused_and_says_why(client: FlaskClient, body: bytes) -> None:
    response = client.post("/push", data=body)
    assert response.status_code == 400
    assert "expected a Pub/Sub push envelope" in response.get_json()["Msg"]


def test_the_projector_is_ready_when_both_stores_answer(client: FlaskClient) -> None:
    assert client.get("/health/ready").get_json() == {"Status": "ready"}
