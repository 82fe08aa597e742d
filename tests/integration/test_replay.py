"""What a replay publishes: from a real Datastore emulator to a real Pub/Sub emulator."""

import time

import pytest

from odds import event_codec
from odds.command import EventVelocity
from odds.event import accept
from replayer.parameters import BadParameter
from replayer.replay import State
from replayer.workshop import Workshop
from tests.examples import NOW, command, encoded, new, update
from tests.integration.recovery import Recovery, of_newer_schema, some_events
from tests.integration.replay_topics import (
    HIGH,
    MEDIUM,
    Topics,
    added,
    event_ids,
    high,
    ids,
    replayed,
)


@pytest.fixture
def recovery(recovery: Recovery, pubsub_host: str) -> Recovery:
    return recovery.with_bus(pubsub_host)


def test_events_are_published_as_they_first_were_and_marked_as_a_replay(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    event, medium = high(1), new()
    recovery.store([event, medium])
    ended = replayed(workshop)
    (message,) = topics.pull(HIGH, 1)
    assert message.data == encoded(event).data
    assert message.ordering_key == "soccer:1"
    assert dict(message.attributes) == event_codec.attributes(event) | {"replay": ended.replay_id}
    assert topics.pull(MEDIUM, 1)[0].data == encoded(medium).data
    assert (ended.state, ended.progress.published, ended.progress.failed) == (State.FINISHED, 2, 0)


def test_each_game_keeps_its_order_over_many_pages_and_requests(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number, f"soccer:{number % 3}") for number in range(5000)]
    recovery.store(events)
    assert replayed(workshop).progress.published == 5000
    came = topics.pull(HIGH, 5000)
    for game in ("soccer:0", "soccer:1", "soccer:2"):
        of_game = [event for event in events if event.command.payload.game_id == game]
        assert ids([m for m in came if m.ordering_key == game]) == event_ids(of_game)


def test_the_first_time_is_included_and_the_last_one_is_not(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number) for number in range(10)]
    recovery.store(events)
    start, end = (f"{(NOW + number) / 1e6:.6f}" for number in (3, 7))
    assert replayed(workshop, from_=start, to=end).progress.published == 4
    assert ids(topics.pull(HIGH, 4)) == event_ids(events[3:7])


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"game_id": "soccer:2"}, 2),
        ({"game_type": "tennis"}, 1),
        ({"provider": "other"}, 1),
        ({"velocity": "high"}, 3),
        ({"velocity": "high", "game_id": "soccer:1"}, 1),
        ({"game_id": "none"}, 0),
    ],
)
def test_a_filter_lets_only_its_events_through(
    recovery: Recovery, topics: Topics, workshop: Workshop, given: dict[str, str], count: int
) -> None:
    tennis = accept(command(game_id="tennis:1"), None, "tennis", now=NOW)
    events = [high(1, "soccer:1"), high(1, "soccer:2"), high(2, "soccer:2")]
    recovery.store([*events, tennis, new(provider="other")])
    ended = replayed(workshop, dry_run="true", **given)
    assert (ended.progress.read, ended.progress.published) == (5, count)


def test_one_odds_is_replayed_with_all_its_events(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    created = new()
    history = [created, *(update(created, at=NOW + number) for number in range(1, 5))]
    recovery.store([*history, new(), new()])
    assert replayed(workshop, external_id=created.external_id).progress.read == 5
    assert sorted(ids(topics.pull(MEDIUM, 5))) == sorted(event_ids(history))


def test_a_dry_run_counts_and_publishes_nothing(recovery: Recovery, workshop: Workshop) -> None:
    recovery.store(some_events(30))
    ended = replayed(workshop, dry_run="true")  # there is no topic
    assert (ended.state, ended.progress.published) == (State.FINISHED, 30)


def test_a_dry_run_does_not_wait_for_a_pace(recovery: Recovery, workshop: Workshop) -> None:
    recovery.store([high(0), high(3_600_000_000)])
    began = time.monotonic()
    ended = replayed(workshop, dry_run="true", speed=1, rate=0.001)
    assert (ended.state, ended.progress.published) == (State.FINISHED, 2)
    assert time.monotonic() - began < 60


def test_a_topic_of_ones_own_gets_all_events_with_their_ordering_keys(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    topics.create("new-subsystem")
    events = [high(1), new()]
    recovery.store(events)
    replayed(workshop, topic="new-subsystem")
    came = {each.attributes["event_id"]: each for each in topics.pull("new-subsystem", 2)}
    assert [came[each].ordering_key for each in event_ids(events)] == ["soccer:1", ""]


def test_a_topic_that_is_not_there_is_said_before_anything_is_queued(
    topics: Topics, workshop: Workshop
) -> None:
    with pytest.raises(BadParameter, match="topic: is 'nowhere'"):
        added(workshop, topic="nowhere")
    assert workshop.replays.newest() == []


def test_a_rate_is_kept(recovery: Recovery, topics: Topics, workshop: Workshop) -> None:
    recovery.store([high(number) for number in range(20)])
    began = time.monotonic()
    replayed(workshop, rate=10)
    assert 1.8 < time.monotonic() - began < 60


def test_a_speed_keeps_the_recorded_spacing(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    recovery.store([high(0), high(10_000_000), high(20_000_000)])
    began = time.time()
    replayed(workshop, speed="10x")
    assert 1.9 < time.time() - began < 60
    sent = [each.publish_time.timestamp() for each in topics.pull(HIGH, 3)]  # type: ignore[attr-defined]
    assert sent[2] - began > 1.9


def test_an_event_of_a_newer_schema_is_sent_on_whole(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    event = high(1)
    recovery.store_bytes(event, of_newer_schema(event))
    assert replayed(workshop).progress.failed == 0
    (message,) = topics.pull(HIGH, 1)
    assert message.data == of_newer_schema(event)
    assert message.attributes["schema_version"] == "99"


def test_an_event_of_a_game_type_that_has_no_topic_any_more_is_told_and_left_out(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    retired = accept(
        command(velocity=EventVelocity.HIGH, game_id="quoits:1"), None, "quoits", now=NOW
    )
    recovery.store([high(1), retired, high(2)])
    ended = replayed(workshop)
    progress = ended.progress
    assert (ended.state, progress.read, progress.published) == (State.FINISHED, 3, 2)
    (error,) = progress.errors
    assert error.startswith(f"{retired.event_id}: events-high-odds-quoits: 404")
    assert ids(topics.pull(HIGH, 2)) == event_ids([high(1), high(2)])
