"""What the event store promises, asked of the Datastore that DATASTORE_EMULATOR_HOST would name."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import datastore as library

from odds.adapters.event_store import datastore, event_store
from odds.adapters.event_store.datastore import Datastore, EventStoreUnavailable
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessage, ParkedMessages
from odds.event import accept
from tests.examples import NOW, command, encoded, new, update


@pytest.fixture
def kinds(datastore_host: str, project: str) -> Datastore:
    return Datastore(datastore.connect(datastore_host), project, timeout=60)


@pytest.fixture
def store(kinds: Datastore) -> EventStore:
    return EventStore(kinds)


@pytest.fixture
def entities(datastore_host: str, project: str, monkeypatch: pytest.MonkeyPatch) -> library.Client:
    """Google's own high-level client, to look at what was stored."""
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
    return library.Client(project=project)


def test_what_is_recorded_is_found_again_byte_for_byte(store: EventStore) -> None:
    events = [encoded(new()), encoded(new())]
    expected = {each.event.event_id: each for each in events}
    assert store.record(events) == expected
    assert store.find(list(expected)) == expected


def test_an_event_stands_under_its_event_id_with_two_indexed_keys(
    store: EventStore, entities: library.Client
) -> None:
    event = new()
    store.record([encoded(event)])
    (entity,) = entities.query(kind="Event").fetch()
    assert entity.key.name == str(event.event_id)
    assert entity["Data"] == encoded(event).data
    assert entity["StreamKey"] == f"{event.external_id}|{NOW:020}|{event.event_id}"
    shard, created_at, event_id = entity["TimeKey"].split("|")
    assert (int(shard) < 16, created_at, event_id) == (True, f"{NOW:020}", str(event.event_id))
    assert entity.exclude_from_indexes == {"Data"}


def test_what_was_stored_first_stays_and_is_what_is_returned(store: EventStore) -> None:
    asked = command()
    first = encoded(accept(asked, None, "soccer", now=NOW))
    again = encoded(accept(asked, None, "soccer", now=NOW + 5))
    store.record([first])
    assert store.record([again]) == {first.event.event_id: first}
    assert store.find([again.event.event_id]) == {first.event.event_id: first}


def test_a_batch_with_known_events_stores_the_others(store: EventStore) -> None:
    known, fresh = encoded(new()), [encoded(new()) for _ in range(3)]
    store.record([known])
    batch = [fresh[0], known, *fresh[1:]]
    assert store.record(batch) == {each.event.event_id: each for each in batch}
    assert len(store.find([each.event.event_id for each in batch])) == 4


def test_an_event_that_is_twice_in_a_batch_is_stored_once(store: EventStore) -> None:
    event = encoded(new())
    assert store.record([event, event]) == {event.event.event_id: event}


def test_more_events_than_a_commit_takes_are_stored(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_store, "MAX_COMMIT_BYTES", 2000)
    created = new()
    events = [encoded(created), *(encoded(update(created)) for _ in range(600))]
    assert len(store.record(events)) == 601
    assert len(store.find([each.event.event_id for each in events])) == 601


def test_the_same_event_recorded_by_many_at_once_is_one(
    store: EventStore, entities: library.Client
) -> None:
    asked = command()
    attempts = [encoded(accept(asked, None, "soccer", now=NOW + n)) for n in range(8)]
    with ThreadPoolExecutor(8) as writers:
        results = list(writers.map(lambda attempt: store.record([attempt]), attempts))
    assert len({result[attempts[0].event.event_id] for result in results}) == 1
    assert len(list(entities.query(kind="Event").fetch())) == 1


def test_nothing_recorded_is_nothing_stored(store: EventStore) -> None:
    assert store.record([]) == {}
    assert store.find([new().event_id]) == {}


def test_a_store_that_is_away_is_said_so_within_the_timeout(project: str) -> None:
    away = EventStore(Datastore(datastore.connect("127.0.0.1:1"), project, timeout=0.3))
    with pytest.raises(EventStoreUnavailable):
        away.record([encoded(new())])
    with pytest.raises(EventStoreUnavailable):
        away.ping()


def test_a_parked_message_keeps_its_bytes_and_reason_and_is_one_however_often_it_comes(
    kinds: Datastore, entities: library.Client
) -> None:
    message = ParkedMessage(b"\xff\0", {"event_id": "é"}, "projects/p/subscriptions/s", "why", NOW)
    parked = ParkedMessages(kinds)
    parked.park(message)
    parked.park(message)
    (entity,) = entities.query(kind="Parked").fetch()
    assert entity["Data"] == b"\xff\0"
    assert entity["Attributes"] == '{"event_id":"é"}'
    assert entity["Reason"] == "why"
    assert entity["Subscription"] == "projects/p/subscriptions/s"
    assert entity["ParkedAt"] == NOW
    assert entity.exclude_from_indexes == set(entity)


def test_the_store_answers_when_it_is_there(store: EventStore) -> None:
    store.ping()
