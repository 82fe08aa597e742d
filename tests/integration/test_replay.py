"""Replays: from a real Datastore emulator to a real Pub/Sub emulator."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from google.api_core.exceptions import AlreadyExists
from google.pubsub_v1.types import PubsubMessage

from local.emulators.choice import Emulators
from local.ports import Ports
from local.processes import Processes
from odds import event_codec
from odds.adapters.datastore import EventStoreUnavailable
from odds.command import EventVelocity
from odds.event import Event, accept
from replayer.parameters import BadParameter
from replayer.replay import Replay, State
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.examples import NOW, command, encoded, new, update
from tests.integration.recovery import Recovery, of_newer_schema, opened, some_events
from tests.integration.replay_topics import Topics, topics_of
from tests.paths import ROOT
from tests.stack import short_directory
from tests.waiting import wait_for

HIGH = "events-high-odds-soccer"
MEDIUM = "events-medium-soccer"


@pytest.fixture
def topics(pubsub_host: str, project: str) -> Topics:
    topics = topics_of(pubsub_host, project)
    topics.create(HIGH, MEDIUM)
    return topics


@pytest.fixture
def recovery(
    project: str, datastore_host: str, pubsub_host: str, postgres_url: str
) -> Iterator[Recovery]:
    with opened(project, datastore_host, postgres_url, pubsub_host) as recovery:
        yield recovery


@pytest.fixture
def workshop(recovery: Recovery) -> Workshop:
    given = Settings(
        environments_file=str(ROOT / "environments.yaml"),
        event_bus_file=str(ROOT / "event_bus.yaml"),
    )
    return Workshop(given, recovery.variables())


def added(workshop: Workshop, **parameters: Any) -> str:
    asked = {"domain": "odds", "env": "local"} | {
        name.rstrip("_"): str(value) for name, value in parameters.items()
    }
    return workshop.add(workshop.read(asked)).replay_id


def replayed(workshop: Workshop, **parameters: Any) -> Replay:
    return workshop.run(added(workshop, **parameters))


def high(number: int, game: str = "soccer:1") -> Event:
    asked = command(velocity=EventVelocity.HIGH, game_id=game, request_id=f"{game}{number}")
    return accept(asked, None, "soccer", now=NOW + number)


def ids(messages: Sequence[PubsubMessage]) -> list[str]:
    return [message.attributes["event_id"] for message in messages]


def event_ids(events: Sequence[Event]) -> list[str]:
    return [str(event.event_id) for event in events]


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
    assert 1.8 < time.monotonic() - began < 8


def test_a_speed_keeps_the_recorded_spacing(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    recovery.store([high(0), high(10_000_000), high(20_000_000)])
    began = time.monotonic()
    replayed(workshop, speed="10x")
    assert 1.9 < time.monotonic() - began < 8
    sent = [each.publish_time.timestamp() for each in topics.pull(HIGH, 3)]  # type: ignore[attr-defined]
    assert sent[1] - sent[0] == pytest.approx(1.0, abs=0.5)
    assert sent[2] - sent[1] == pytest.approx(1.0, abs=0.5)


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


@pytest.mark.parametrize("kept", [False, True])
def test_a_replay_whose_end_datastore_does_not_take_at_once_is_finished_all_the_same(
    recovery: Recovery, topics: Topics, workshop: Workshop, kept: bool
) -> None:
    """It may have kept the end, and its answer be lost."""
    failures = iter([EventStoreUnavailable("away")])

    class Replays(type(workshop.replays)):  # type: ignore[misc]
        def keep(self, replay: Replay) -> Replay:
            if replay.state.over and (failure := next(failures, None)):
                if kept:
                    super().keep(replay)
                raise failure
            return super().keep(replay)  # type: ignore[no-any-return]

    workshop.replays = Replays(recovery.datastore, workshop.now)
    recovery.store([high(1)])
    ended = replayed(workshop)
    assert (ended.state, ended.trouble) == (State.FINISHED, None)
    assert workshop.replays.get(ended.replay_id) == ended
    assert next(failures, None) is None


def test_two_workers_at_once_both_publish_everything(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number) for number in range(1000)]
    recovery.store(events)
    replays = [added(workshop, rate=500) for _ in range(2)]
    workers = [work(recovery, each) for each in replays]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    ended = [workshop.replays.get(each) for each in replays]
    # Both were running together: each began before the other ended.
    assert max(each.started_at or 0 for each in ended) < min(each.ended_at or 0 for each in ended)
    came = topics.pull(HIGH, 2000)
    for each in replays:
        mine = [message for message in came if message.attributes["replay"] == each]
        assert ids(mine) == event_ids(events)


def test_a_worker_that_was_killed_goes_on_where_it_was(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number) for number in range(1500)]
    recovery.store(events)
    replay_id = added(workshop, rate=300)
    worker = work(recovery, replay_id)
    wait_for(lambda: workshop.replays.get(replay_id).progress.published > 300)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed = workshop.replays.get(replay_id)
    assert killed.state is State.RUNNING

    assert work(recovery, replay_id).wait() == 0
    ended = workshop.replays.get(replay_id)
    assert (ended.state, ended.progress.read) == (State.FINISHED, 1500)
    came = ids(topics.pull_distinct(HIGH, 1500))
    assert list(dict.fromkeys(came)) == event_ids(events)
    # What it had kept isn't published again.
    assert len(came) < 1500 + 1500 - killed.progress.published


def work(recovery: Recovery, replay_id: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "replayer", "work", replay_id]
    return subprocess.Popen(command, cwd=ROOT, env=recovery.variables())


def test_a_bus_that_goes_down_half_way_is_waited_for(
    emulators: Emulators, project: str, datastore_host: str, postgres_url: str
) -> None:
    port = Ports.free().pubsub_emulator_port
    with short_directory() as directory:
        bus = Processes(directory)
        part = emulators.pubsub(port, directory, durable=False)

        def start() -> Topics:
            bus.start(part, os.environ)
            bus.wait_ready(part)
            topics = topics_of(part.address, project)
            with suppress(AlreadyExists):  # ours keeps it
                topics.create(HIGH)
            return topics

        try:
            start()
            with opened(project, datastore_host, postgres_url, part.address) as recovery:
                _bus_goes_down(recovery, bus, part.name, start, emulators.durable_bus)
        finally:
            bus.stop_all()


def _bus_goes_down(
    recovery: Recovery, bus: Processes, name: str, start: Any, durable: bool
) -> None:
    events = [high(number) for number in range(900)]
    recovery.store(events)
    workshop = Workshop(Settings(), recovery.variables())
    replay_id = added(workshop, rate=200)
    worker = work(recovery, replay_id)
    wait_for(lambda: workshop.replays.get(replay_id).progress.published > 200)
    bus.kill(name)
    wait_for(lambda: workshop.replays.get(replay_id).trouble, seconds=60)
    went_down = workshop.replays.get(replay_id)
    assert went_down.state is State.RUNNING
    topics = start()
    assert worker.wait(60) == 0
    ended = workshop.replays.get(replay_id)
    assert (ended.state, ended.progress.published) == (State.FINISHED, 900)
    kept = event_ids(events)[0 if durable else went_down.progress.published :]
    assert list(dict.fromkeys(ids(topics.pull_distinct(HIGH, len(kept))))) == kept


def test_a_replay_gives_up_where_the_bus_stays_away(
    project: str, datastore_host: str, postgres_url: str
) -> None:
    with opened(project, datastore_host, postgres_url, "127.0.0.1:1") as recovery:
        recovery.store([high(1)])
        workshop = Workshop(Settings(), recovery.variables())
        replay_id = added(workshop)
        ended = workshop.run(replay_id, patience=0.1)
        assert (ended.state, ended.progress.published) == (State.FAILED, 0)
        assert ended.trouble is not None
        assert HIGH in ended.trouble


def test_a_replay_that_was_cancelled_may_be_resumed(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    recovery.store([high(number) for number in range(400)])
    replay_id = added(workshop, rate=100)
    with ThreadPoolExecutor(1) as operator:
        running = operator.submit(workshop.run, replay_id)
        wait_for(lambda: workshop.replays.get(replay_id).progress.published > 50)
        workshop.replays.cancel(replay_id)
        stopped = running.result()
    assert stopped.state is State.CANCELLED
    assert stopped.progress.published < 400
    recovery.run("resume", replay_id)
    assert workshop.replays.get(replay_id).state is State.FINISHED
    assert list(dict.fromkeys(ids(topics.pull_distinct(HIGH, 400)))) == event_ids(
        [high(number) for number in range(400)]
    )


def test_a_replay_that_is_interrupted_is_cancelled_and_may_be_resumed(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number) for number in range(400)]
    recovery.store(events)
    asked = [sys.executable, "-m", "replayer", "replay", "--env", "local", "--rate", "50"]
    replay = subprocess.Popen(asked, cwd=ROOT, env=recovery.variables(), stdout=subprocess.PIPE)
    wait_for(
        lambda: [each for each in workshop.replays.newest() if each.progress.published > 20],
        seconds=60,
    )
    replay.send_signal(signal.SIGINT)
    told, _ = replay.communicate(timeout=30)
    assert (replay.returncode, msgspec.json.decode(told)["State"]) == (1, "cancelled")
    recovery.run("resume", msgspec.json.decode(told)["ReplayID"])
    came = ids(topics.pull_distinct(HIGH, 400))
    assert list(dict.fromkeys(came)) == event_ids(events)


@pytest.mark.parametrize(
    "facts",
    [{"state": State.FINISHED, "owner": "me"}, {"state": State.RUNNING, "owner": "another"}],
)
def test_a_replay_that_is_over_or_another_workers_is_not_given_up(
    workshop: Workshop, facts: dict[str, Any]
) -> None:
    replay_id = added(workshop, dry_run="true")
    workshop.replays.change(replay_id, lambda replay: msgspec.structs.replace(replay, **facts))
    before = workshop.replays.get(replay_id)
    assert workshop.replays.give_up(replay_id, "me") == before
    assert workshop.replays.get(replay_id) == before


@pytest.mark.parametrize(
    ("asked", "variables", "told"),
    [
        (
            ("replay", "--env", "stg"),
            {"STG_PROJECT": "odds-stg", "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere"},
            "DefaultCredentialsError: File /nowhere was not found.",
        ),
        (
            ("verify",),
            {"DATABASE_URL": "postgresql+pg8000://nobody@127.0.0.1:1/none"},
            "InterfaceError: Can't create a connection to host 127.0.0.1 and port 1",
        ),
        (
            ("rebuild",),
            {"DATABASE_URL": "postgresql+pg8000://nobody@127.0.0.1:1/none"},
            "InterfaceError: Can't create a connection to host 127.0.0.1 and port 1",
        ),
    ],
)
def test_what_is_away_is_told_in_a_line(
    recovery: Recovery,
    workshop: Workshop,
    asked: tuple[str, ...],
    variables: dict[str, str],
    told: str,
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        recovery.run(*asked, variables=variables)
    assert failed.value.returncode == 1
    assert "Traceback" not in failed.value.stderr
    assert failed.value.stderr.splitlines()[-1].startswith(told)
    # No worker ever had it.
    assert all(each.state is State.QUEUED for each in workshop.replays.newest())


def test_the_command_line_replays_and_lists(recovery: Recovery, topics: Topics) -> None:
    recovery.store([high(1)])
    ended = msgspec.json.decode(recovery.run("replay", "--env", "local"))
    assert (ended["State"], ended["EventsPublished"]) == ("finished", 1)
    assert ended["ReplayID"] in recovery.run("list")
    assert "finished" in recovery.run("show", ended["ReplayID"])
