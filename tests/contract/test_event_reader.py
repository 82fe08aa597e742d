"""What reading the event store promises, whoever keeps it."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import pytest

from odds.adapters.event_store import datastore, event_reader
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_reader import EventReader, StoredEvent, place_of_time
from odds.adapters.event_store.event_store import EventStore
from odds.event import Event
from tests.examples import NOW, encoded, new, update

EVER = place_of_time(10**18)


@pytest.fixture
def kinds(datastore_host: str, project: str) -> Datastore:
    return Datastore(datastore.connect(datastore_host), project, timeout=60)


@pytest.fixture(params=[1, 16])
def reader(
    kinds: Datastore, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EventReader]:
    """With pages so short that every range has several."""
    monkeypatch.setattr(event_reader, "PAGE", 3)
    with EventReader(kinds, queries_at_once=request.param) as reader:
        yield reader


@pytest.fixture
def history(kinds: Datastore) -> list[Event]:
    """Ten events of each of four odds, in the order of (CreatedAt, EventID)."""
    events: list[Event] = []
    for odds in range(4):
        created = new(at=NOW + odds)
        changes = [update(created, at=NOW + odds + 7 * change) for change in range(1, 10)]
        events += [created, *changes]
    EventStore(kinds).record([encoded(event) for event in events])
    return sorted(events, key=lambda event: (event.created_at, str(event.event_id)))


def test_events_come_by_time_from_all_shards(reader: EventReader, history: list[Event]) -> None:
    assert _ids(reader.by_time("", EVER)) == _all(history)


def test_a_range_of_time_leaves_out_what_is_before_and_after(
    reader: EventReader, history: list[Event]
) -> None:
    first, last = NOW + 7, NOW + 35
    found = reader.by_time(place_of_time(first), place_of_time(last))
    assert _ids(found) == _all([each for each in history if first <= each.created_at < last])


def test_the_history_of_one_odds_comes_by_time(reader: EventReader, history: list[Event]) -> None:
    external_id = history[0].external_id
    of_it = [each for each in history if each.external_id == external_id]
    assert _ids(reader.of_odds(external_id, "", EVER)) == _all(of_it)


def test_odds_come_one_after_the_other(reader: EventReader, history: list[Event]) -> None:
    by_odds = sorted(history, key=lambda each: str(each.external_id))
    assert _ids(reader.by_odds("0", "f")) == _all(by_odds)


def test_events_are_found_by_their_ids(reader: EventReader, history: list[Event]) -> None:
    wanted = [each.event_id for each in history[::3]]
    assert {each.event_id for each in reader.of_ids([*wanted, UUID(int=0)])} == set(wanted)


def test_the_newest_is_the_last_before_a_place(reader: EventReader, history: list[Event]) -> None:
    assert reader.newest(EVER) == history[-1].created_at
    assert reader.newest(place_of_time(history[-1].created_at)) == history[-2].created_at
    assert reader.newest(place_of_time(NOW)) is None


def _ids(events: Iterable[StoredEvent]) -> list[UUID]:
    return [event.event_id for event in events]


def _all(events: list[Event]) -> list[UUID]:
    return [event.event_id for event in events]
