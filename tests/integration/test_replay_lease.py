"""A worker that waits is alive: nobody takes its replay from it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec
import pytest

from odds.adapters.guard.guard import OpenDoor
from replayer import lease, outlet, replays
from replayer.app import ReplayApi
from replayer.launcher import ProcessLauncher
from replayer.lease import Lease
from replayer.replay import Progress, Replay, State
from replayer.replays import ReplayTaken
from replayer.workshop import Workshop
from tests.integration.recovery import Recovery
from tests.integration.replay_topics import added, high
from tests.waiting import wait_for


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """How long a lease lasts, in seconds."""
    monkeypatch.setattr(replays, "LEASE", 2_000_000)
    monkeypatch.setattr(lease, "RENEW_AFTER", 0.5)
    return 2.0


def taken(workshop: Workshop) -> Replay:
    return workshop.replays.take(added(workshop, dry_run="true"), "me")


def seen_at(workshop: Workshop, replay: Replay) -> int:
    return workshop.replays.get(replay.replay_id).seen_at


def test_while_the_bus_is_away_a_worker_is_asked_to_stop_and_is_not_replaced(
    recovery: Recovery, workshop: Workshop, short: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "TIMEOUT", 4 * short)
    recovery.store([high(1)])
    client = ReplayApi(workshop, ProcessLauncher(), OpenDoor()).flask().test_client()
    replay_id = added(workshop)
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(workshop.run, replay_id)
        wait_for(lambda: workshop.replays.get(replay_id).owner)
        time.sleep(2 * short)
        resumed = client.post(f"/replay/{replay_id}/resume")
        cancelled = client.delete(f"/replay/{replay_id}")
        assert not running.done()
    assert (resumed.status_code, cancelled.status_code) == (409, 202)
    assert cancelled.json is not None
    assert cancelled.json["Data"]["State"] == "cancelling"
    assert running.result().state is State.CANCELLED
    assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_a_lease_ends_with_its_worker_however_that_ends(workshop: Workshop, short: float) -> None:
    replay = taken(workshop)
    with suppress(ZeroDivisionError), Lease(workshop.replays, replay):
        wait_for(lambda: seen_at(workshop, replay) > replay.seen_at)
        raise ZeroDivisionError
    last = seen_at(workshop, replay)
    time.sleep(short)
    assert seen_at(workshop, replay) == last
    assert workshop.replays.reopen(replay.replay_id).state is State.QUEUED


def test_a_lease_is_not_renewed_while_the_worker_keeps_its_place(
    workshop: Workshop, short: float
) -> None:
    replay = taken(workshop)
    with Lease(workshop.replays, replay) as kept:
        for _ in range(20):
            time.sleep(short / 20)
            kept.kept()
        assert seen_at(workshop, replay) == replay.seen_at


def test_a_renewed_lease_leaves_what_was_kept_as_it_is(workshop: Workshop) -> None:
    replay = taken(workshop)
    progress = Progress(place="1|", read=1)
    kept = workshop.replays.keep(msgspec.structs.replace(replay, progress=progress))
    workshop.replays.cancel(replay.replay_id)
    touched = workshop.replays.touch(replay)
    assert touched.seen_at > kept.seen_at
    assert touched == msgspec.structs.replace(kept, cancelling=True, seen_at=touched.seen_at)


@pytest.mark.parametrize("facts", [{"owner": "another"}, {"state": State.CANCELLED}])
def test_a_lease_of_what_is_over_or_another_workers_is_not_renewed(
    workshop: Workshop, facts: dict[str, str], short: float
) -> None:
    replay = taken(workshop)
    changed = workshop.replays.change(
        replay.replay_id, lambda current: msgspec.structs.replace(current, **facts)
    )
    with pytest.raises(ReplayTaken):
        workshop.replays.touch(replay)
    with Lease(workshop.replays, replay):
        time.sleep(short / 2)
    assert workshop.replays.get(replay.replay_id) == changed
