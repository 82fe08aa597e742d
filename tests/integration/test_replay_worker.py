"""Replays whose worker is killed, whose bus is away, that are cancelled and resumed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

import msgspec
import pytest
from google.api_core.exceptions import AlreadyExists

from local.emulators.choice import Emulators
from local.ports import Ports
from local.processes import Processes
from odds.adapters.event_store.datastore import EventStoreUnavailable
from replayer import outlet
from replayer.outlet import Outgoing, Outlet, Refused
from replayer.replay import Replay, State
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.integration.recovery import Recovery, opened
from tests.integration.replay_topics import (
    HIGH,
    Topics,
    added,
    event_ids,
    high,
    ids,
    replayed,
    topics_of,
)
from tests.paths import ROOT
from tests.stack import short_directory
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replayer.workshop.REPLAYS_TIMEOUT", 60.0)


@pytest.fixture
def recovery(recovery: Recovery, pubsub_host: str) -> Recovery:
    return recovery.with_bus(pubsub_host)


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
    events = [high(number) for number in range(500)]
    recovery.store(events)
    replays = [added(workshop, rate=25) for _ in range(2)]
    workers = [work(recovery, each) for each in replays]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    ended = [workshop.replays.get(each) for each in replays]
    # Both were running together: each began before the other ended.
    assert max(each.started_at or 0 for each in ended) < min(each.ended_at or 0 for each in ended)
    came = topics.pull(HIGH, 1000)
    for each in replays:
        mine = [message for message in came if message.attributes["replay"] == each]
        assert ids(mine) == event_ids(events)


def test_a_worker_that_was_killed_goes_on_where_it_was(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    events = [high(number) for number in range(600)]
    recovery.store(events)
    replay_id = added(workshop, rate=20)
    worker = work(recovery, replay_id)
    wait_for(lambda: workshop.replays.get(replay_id).progress.published, seconds=60)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed = workshop.replays.get(replay_id)
    assert killed.state is State.RUNNING

    hurry(workshop, replay_id)
    assert work(recovery, replay_id).wait() == 0
    ended = workshop.replays.get(replay_id)
    assert (ended.state, ended.progress.read) == (State.FINISHED, 600)
    came = ids(topics.pull_distinct(HIGH, 600))
    assert list(dict.fromkeys(came)) == event_ids(events)
    # What it had kept isn't published again.
    times = Counter(came)
    assert {times[each] for each in event_ids(events)[: killed.progress.published]} == {1}


def hurry(workshop: Workshop, replay_id: str) -> None:
    """Let whoever goes on with it do so at full speed."""

    def hurried(replay: Replay) -> Replay:
        request = msgspec.structs.replace(replay.request, rate=None)
        return msgspec.structs.replace(replay, request=request)

    workshop.replays.change(replay_id, hurried)


def work(recovery: Recovery, replay_id: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "replayer", "work", replay_id]
    return subprocess.Popen(command, cwd=ROOT, env=recovery.variables())


def test_a_bus_that_goes_down_half_way_is_waited_for(
    emulators: Emulators,
    project: str,
    datastore_host: str,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlet, "TIMEOUT", 2.0)
    publishing = hold_publishing(monkeypatch)
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
                kill = partial(bus.kill, part.name)
                _bus_goes_down(recovery, kill, start, publishing, emulators.durable_bus)
        finally:
            bus.stop_all()


def hold_publishing(monkeypatch: pytest.MonkeyPatch) -> Lock:
    """While it is held, nothing is published."""
    lock, publish = Lock(), Outlet.publish

    def publish_in_turn(self: Outlet, messages: Sequence[Outgoing]) -> list[Refused]:
        with lock:
            return publish(self, messages)

    monkeypatch.setattr(Outlet, "publish", publish_in_turn)
    return lock


def _bus_goes_down(
    recovery: Recovery,
    kill: Callable[[], None],
    start: Callable[[], Topics],
    publishing: Lock,
    durable: bool,
) -> None:
    events = [high(number) for number in range(300)]
    recovery.store(events)
    workshop = Workshop(Settings(google_cloud_project="test"), recovery.variables())
    replay_id = added(workshop, rate=25)
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(workshop.run, replay_id, patience=300)
        wait_for(lambda: workshop.replays.get(replay_id).progress.published)
        kill()
        wait_for(lambda: workshop.replays.get(replay_id).trouble)
        went_down = workshop.replays.get(replay_id)
        assert went_down.state is State.RUNNING
        with publishing:  # or what comes before its subscription is there would be lost
            topics = start()
        ended = running.result()
    assert (ended.state, ended.progress.published) == (State.FINISHED, 300)
    published = event_ids(events)
    came = list(dict.fromkeys(ids(topics.pull_until(HIGH, published[-1]))))
    # Google's forgets what it had.
    assert came == (published if durable else published[-len(came) :])
    assert len(came) >= 300 - went_down.progress.published


def test_a_replay_gives_up_where_the_bus_stays_away(
    project: str, datastore_host: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "TIMEOUT", 1.0)
    with opened(project, datastore_host, postgres_url, "127.0.0.1:1") as recovery:
        recovery.store([high(1)])
        workshop = Workshop(Settings(google_cloud_project="test"), recovery.variables())
        replay_id = added(workshop)
        ended = workshop.run(replay_id, patience=0.1)
        assert (ended.state, ended.progress.published) == (State.FAILED, 0)
        assert ended.trouble is not None
        assert HIGH in ended.trouble


def test_a_replay_that_was_cancelled_may_be_resumed(
    recovery: Recovery, topics: Topics, workshop: Workshop
) -> None:
    recovery.store([high(number) for number in range(400)])
    replay_id = added(workshop, rate=20)
    with ThreadPoolExecutor(1) as operator:
        running = operator.submit(workshop.run, replay_id)
        wait_for(lambda: workshop.replays.get(replay_id).progress.published)
        workshop.replays.cancel(replay_id)
        stopped = running.result()
    assert stopped.state is State.CANCELLED
    assert stopped.progress.published < 400
    hurry(workshop, replay_id)
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
    asked = [sys.executable, "-m", "replayer", "replay", "--env", "local", "--rate", "20"]
    replay = subprocess.Popen(asked, cwd=ROOT, env=recovery.variables(), stdout=subprocess.PIPE)
    wait_for(
        lambda: [each for each in workshop.replays.newest() if each.progress.published],
        seconds=60,
    )
    replay.send_signal(signal.SIGINT)
    told, _ = replay.communicate(timeout=30)
    interrupted = msgspec.json.decode(told)
    assert (replay.returncode, interrupted["State"]) == (1, "cancelled")
    hurry(workshop, interrupted["ReplayID"])
    recovery.run("resume", interrupted["ReplayID"])
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
