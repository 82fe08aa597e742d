"""The projector over a real Datastore and a real PostgreSQL, pushed to as Pub/Sub pushes."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from google.cloud import datastore as library
from sqlalchemy import Engine, Row, select, text

from odds import event_codec
from odds.adapters.event_store import datastore, event_entity
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds, odds_event_log, projector_heartbeat
from odds.command import MoneyLine
from odds.event import Event, accept
from odds.event_codec import EncodedEvent
from odds.v1 import event_pb2
from tests.examples import NOW, command, delete, encoded, new, update
from tests.integration.patient_projector import serving_projector
from tests.pushing import ask, post, push_body
from tests.serving import serving
from tests.stack import Databases
from tests.waiting import wait_for


class Platform(NamedTuple):
    """A projector under gunicorn, and the stores that it writes."""

    url: str
    engine: Engine
    datastore: Datastore
    store: EventStore
    entities: library.Client


@pytest.fixture(scope="module")
def platform(databases: Databases, datastore_host: str) -> Iterator[Platform]:
    project = f"test-{uuid4().hex[:20]}"
    environ = {
        "DATABASE_URL": databases.fresh(),
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    engine = postgres.create_engine(environ["DATABASE_URL"], pool_size=2)
    with serving_projector(environ) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
        entities = library.Client(project=project)
        kinds = Datastore(datastore.connect(datastore_host), project, timeout=60)
        yield Platform(url, engine, kinds, EventStore(kinds), entities)
    engine.dispose()


def push(platform: Platform, data: Event | bytes, message_id: str = "1") -> int:
    """Push as Pub/Sub does, and return the status."""
    return post(platform.url, push_body(data, message_id)).status


def outcomes(platform: Platform, *events: Event) -> list[str]:
    """What became of these events, in the order in which they were projected."""
    log = odds_event_log.c
    ids = [event.event_id for event in events]
    with platform.engine.connect() as connection:
        rows = connection.execute(select(log.outcome).where(log.event_id.in_(ids)).order_by(log.id))
        return [row.outcome.value for row in rows]


def row_of(platform: Platform, event: Event) -> Row[tuple[Any, ...]]:
    with platform.engine.connect() as connection:
        return connection.execute(select(odds).where(odds.c.external_id == event.external_id)).one()


def parked(platform: Platform, data: bytes) -> list[library.Entity]:
    return [e for e in platform.entities.query(kind="Parked").fetch() if e["Data"] == data]


def beaten_at(engine: Engine) -> datetime:
    with engine.connect() as connection:
        time: datetime = connection.scalars(select(projector_heartbeat.c.beaten_at)).one()
        return time


def test_a_projector_to_which_nothing_is_pushed_gives_signs_of_life(platform: Platform) -> None:
    before = beaten_at(platform.engine)
    wait_for(lambda: beaten_at(platform.engine) > before)


def test_a_pushed_event_is_stored_and_projected_before_it_is_acknowledged(
    platform: Platform,
) -> None:
    event = new()
    assert push(platform, event) == 204
    assert platform.store.find([event.event_id]) == {event.event_id: encoded(event)}
    assert outcomes(platform, event) == ["applied"]


def test_an_event_delivered_twice_is_one(platform: Platform) -> None:
    event = new()
    assert [push(platform, event), push(platform, event)] == [204, 204]
    assert outcomes(platform, event) == ["applied"]


def test_events_in_disorder_converge(platform: Platform) -> None:
    created = new()
    events = [update(created, home=7.0), created, update(created, at=NOW - 5), delete(created)]
    assert [push(platform, event) for event in events] == [204] * 4
    assert outcomes(platform, *events) == ["hidden", "applied", "stale", "applied"]
    row = row_of(platform, created)
    assert (row.home, row.deleted) == (7.0, True)


def test_a_command_accepted_twice_is_projected_as_it_was_stored(platform: Platform) -> None:
    asked = command()
    events = [accept(asked, None, "soccer", now=created_at) for created_at in (NOW, NOW + 7)]
    assert [push(platform, event) for event in events] == [204, 204]
    assert row_of(platform, events[0]).created_at == NOW


def test_bytes_that_are_no_event_are_parked_and_acknowledged(platform: Platform) -> None:
    poison = b"\xff\xff poison"
    assert push(platform, poison) == 204
    assert push(platform, poison, message_id="2") == 204
    (entity,) = parked(platform, poison)
    assert entity["Reason"] == "the bytes are no Event"
    assert entity["Subscription"] == "projects/p/subscriptions/s"


def test_an_event_of_a_newer_schema_is_parked(platform: Platform) -> None:
    message = event_pb2.Event.FromString(event_codec.encode(new()))
    message.schema_version = 2
    data = message.SerializeToString()
    assert push(platform, data) == 204
    assert parked(platform, data)[0]["Reason"] == "schema version 2 is none of 1 to 1"


def test_another_command_under_a_known_event_id_is_parked_as_a_conflict(
    platform: Platform,
) -> None:
    first = command(request_id="conflict")
    second = command(request_id="conflict", money_line=MoneyLine(99.0, 99.0))
    events = [accept(asked, None, "soccer", now=NOW) for asked in (first, second)]
    assert [push(platform, event) for event in events] == [204, 204]
    (entity,) = parked(platform, event_codec.encode(events[1]))
    assert entity["Reason"] == f"another command is stored under EventID {events[0].event_id}"
    assert row_of(platform, events[0]).home == 1.9


def test_a_hundred_changes_of_one_odds_at_once_end_in_the_newest(platform: Platform) -> None:
    created = new()
    changes = [update(created, at=NOW + n, home=100.0 + n) for n in range(1, 101)]
    with ThreadPoolExecutor(16) as pushes:
        statuses = set(pushes.map(lambda e: push(platform, e), [*changes[50:], created, *changes]))
    assert statuses == {204}
    assert len(outcomes(platform, created, *changes)) == 101
    assert row_of(platform, created).home == 200.0


def test_poison_among_good_events_fails_none_of_them(platform: Platform) -> None:
    good = [new() for _ in range(40)]
    mixed: list[Event | bytes] = [*good, *(b"\xff poison %d" % n for n in range(40))]
    with ThreadPoolExecutor(16) as pushes:
        assert set(pushes.map(lambda each: push(platform, each), mixed)) == {204}
    assert outcomes(platform, *good) == ["applied"] * 40
    assert len(parked(platform, b"\xff poison 7")) == 1


def test_poison_longer_than_an_entity_is_parked_whole_and_harms_no_neighbour(
    platform: Platform,
) -> None:
    poison, good = b"\xff" * 2_300_000, new()
    with ThreadPoolExecutor(2) as pushes:
        assert set(pushes.map(lambda each: push(platform, each), [poison, good])) == {204}
    assert outcomes(platform, good) == ["applied"]
    kept = [m for m in ParkedMessages(platform.datastore).every() if m.data == poison]
    assert [m.reason for m in kept] == ["2300000 bytes are more than an Event can have"]


@contextmanager
def refusing(platform: Platform, home: float) -> Iterator[None]:
    """PostgreSQL takes no such price."""
    with platform.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE odds ADD CONSTRAINT told CHECK (home <> {home})"))
    yield
    with platform.engine.begin() as connection:
        connection.execute(text("ALTER TABLE odds DROP CONSTRAINT told"))


def test_events_that_postgresql_cannot_hold_are_parked_and_harm_no_neighbour(
    platform: Platform,
) -> None:
    good = [new() for _ in range(20)]
    bad = [new(money_line=MoneyLine(666.0, 2.0)) for _ in range(3)]
    with refusing(platform, 666.0), ThreadPoolExecutor(23) as pushes:
        assert set(pushes.map(lambda each: push(platform, each), [*good, *bad, bad[0]])) == {204}
    assert outcomes(platform, *good) == ["applied"] * 20
    assert outcomes(platform, *bad) == []
    for event in bad:
        (entity,) = parked(platform, event_codec.encode(event))
        assert entity["Reason"].startswith("PostgreSQL refuses it: new row for relation")
    assert len(platform.store.find([each.event_id for each in bad])) == 3


@pytest.mark.parametrize("game_type", ["soccer\0", "soc\ncer", "s" * 900_000])
def test_an_event_with_a_game_type_that_no_column_takes_is_parked_and_not_stored(
    platform: Platform, game_type: str
) -> None:
    event = new()
    message = event_pb2.Event.FromString(event_codec.encode(event))
    message.game_type = game_type
    data = message.SerializeToString()
    assert push(platform, data) == 204
    (kept,) = [m for m in ParkedMessages(platform.datastore).every() if m.data == data]
    assert kept.reason.startswith("the Event is invalid: game_type has")
    assert platform.store.find([event.event_id]) == {}


def test_an_event_whose_stored_twin_cannot_be_read_is_parked(platform: Platform) -> None:
    event, good = new(), new()
    entity = event_entity.to_entity(
        platform.datastore.key("Event", str(event.event_id)), EncodedEvent(event, b"\xff")
    )
    platform.datastore.insert([entity])
    with ThreadPoolExecutor(2) as pushes:
        assert set(pushes.map(lambda each: push(platform, each), [event, good])) == {204}
    (entity,) = parked(platform, event_codec.encode(event))
    assert entity["Reason"] == f"what is stored under EventID {event.event_id} can't be read"
    assert outcomes(platform, event, good) == ["applied"]


def test_without_postgresql_a_push_comes_again_and_is_applied_once_it_is_back(
    platform: Platform,
) -> None:
    event = new()
    with platform.engine.begin() as connection:
        connection.execute(text("ALTER TABLE odds RENAME TO away"))
    answer = post(platform.url, push_body(event))
    assert (answer.status, answer.json()["Msg"]) == (503, "PostgreSQL did not take the event")
    assert answer.headers["Retry-After"] == "1"
    assert [*platform.store.find([event.event_id])] == [event.event_id]
    with platform.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO odds"))
    assert push(platform, event) == 204
    assert outcomes(platform, event) == ["applied"]


def test_without_datastore_nothing_is_projected_and_there_is_no_sign_of_life(
    databases: Databases,
) -> None:
    environ = {
        "DATABASE_URL": databases.fresh(),
        "DATASTORE_EMULATOR_HOST": "127.0.0.1:1",
        "GOOGLE_CLOUD_PROJECT": "nowhere",
    }
    engine = postgres.create_engine(environ["DATABASE_URL"], pool_size=1)
    before = beaten_at(engine)
    with serving("projector", environ) as url:
        answer = post(url, push_body(new()))
        assert answer.status == 503
        assert "Datastore" in answer.json()["Msg"]
        assert ask("GET", url + "/health/ready").status == 503
    assert beaten_at(engine) == before
    with engine.connect() as connection:
        assert connection.execute(select(odds_event_log)).all() == []
    engine.dispose()


def test_a_projector_whose_postgresql_hangs_is_alive_at_once_and_not_ready(
    datastore_host: str,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as threads:
        environ = {
            "DATABASE_URL": f"postgresql+pg8000://u:p@127.0.0.1:{silent.getsockname()[1]}/d",
            "DATASTORE_EMULATOR_HOST": datastore_host,
            "GOOGLE_CLOUD_PROJECT": "silent",
        }
        with serving_projector(environ) as url:
            ready = threads.submit(ask, "GET", url + "/health/ready")
            assert ask("GET", url + "/health/live").status == 200
            assert not ready.done()
            silent.close()
            answer = ready.result(90)
    assert (answer.status, answer.json()["read model"]) == (503, "ReadModelUnavailable")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"message": {}}', b"[" * 50_000, b"\xff"])
def test_what_is_no_push_envelope_is_refused_and_says_why(platform: Platform, body: bytes) -> None:
    answer = post(platform.url, body)
    assert answer.status == 400
    assert "expected a Pub/Sub push envelope" in answer.json()["Msg"]


def test_a_body_longer_than_any_push_is_refused(platform: Platform) -> None:
    assert post(platform.url, b" " * (17 * 1024 * 1024)).status == 413


def test_only_posts_are_pushes(platform: Platform) -> None:
    assert ask("GET", platform.url + "/push").status == 405
    assert ask("POST", platform.url + "/elsewhere").status == 404


def test_the_projector_is_ready_when_both_stores_answer(platform: Platform) -> None:
    wait_for(lambda: ask("GET", platform.url + "/health/ready").status == 200)
    assert ask("GET", platform.url + "/health/ready").json() == {"status": "ready"}
    assert ask("GET", platform.url + "/health/live").json() == {"status": "live"}
