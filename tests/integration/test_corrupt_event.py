"""One corrupt event among thousands: counted and named, and all others arrive."""

from collections.abc import Iterator

import pytest

from odds.event import Event
from odds.fold import fold
from replayer.recovery.rebuild import RebuildRefused
from replayer.replay import State
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.integration.recovery import Recovery, opened, some_events
from tests.integration.replay_topics import topics_of

MEDIUM = "events-medium-soccer"
CORRUPT = some_events(1, salt="corrupt")[0]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return some_events(4000)


@pytest.fixture(scope="module")
def stored(datastore_host: str, events: list[Event]) -> str:
    """The project whose event store has them, and the corrupt one."""
    project = "one-corrupt"
    with opened(project, datastore_host, "postgresql+pg8000://nobody@127.0.0.1:1/none") as there:
        for start in range(0, len(events), 500):
            there.store(events[start : start + 500])
        there.store_bytes(CORRUPT, b"\xff\xff")
    return project


@pytest.fixture
def recovery(
    stored: str, datastore_host: str, pubsub_host: str, postgres_url: str
) -> Iterator[Recovery]:
    with opened(stored, datastore_host, postgres_url, pubsub_host) as recovery:
        yield recovery


def test_a_replay_tells_it_and_publishes_all_others(
    recovery: Recovery, pubsub_host: str, events: list[Event]
) -> None:
    topics = topics_of(pubsub_host, recovery.environment.project)
    topics.create(MEDIUM)
    workshop = Workshop(Settings(google_cloud_project="test"), recovery.variables())
    asked = workshop.read({"domain": "odds", "env": "local"})
    ended = workshop.run(workshop.add(asked).replay_id)
    assert ended.state is State.FINISHED
    assert (ended.progress.published, ended.progress.failed) == (len(events), 1)
    assert ended.progress.errors == (f"{CORRUPT.event_id}: the bytes are no Event",)
    came = {message.attributes["event_id"] for message in topics.pull(MEDIUM, len(events))}
    assert came == {str(event.event_id) for event in events}


def test_a_rebuild_names_it_and_takes_all_others_once_its_loss_is_accepted(
    recovery: Recovery, events: list[Event]
) -> None:
    with pytest.raises(RebuildRefused, match=f"1 events can't be read.*\n.*{CORRUPT.event_id}"):
        recovery.rebuild()
    assert recovery.rows() == {}
    made = recovery.rebuild(accept_losses=1)
    assert (made.events, made.unreadable.count) == (len(events), 1)
    assert recovery.rows() == fold(events)[0]
    found = recovery.verify()
    assert (found.clean, found.digest.events) == (True, len(events))
    assert found.unreadable.told == [f"{CORRUPT.event_id}: the bytes are no Event"]
