"""Rebuilds that are killed, refused or held up, and those that commands keep coming to."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event as Flag
from threading import Thread

import pytest

from odds.adapters.event_store.event_reader import place_of
from odds.event import Event
from odds.fold import fold
from replayer.recovery.rebuild import RebuildRefused, Told
from tests.examples import encoded, new
from tests.integration.recovery import Recovery, of_newer_schema, some_events
from tests.paths import ROOT
from tests.waiting import wait_for

STAGES = ["loading", "indexing", "checking", "catching up", "swapping", "swapped, not committed"]


def test_commands_that_keep_coming_are_all_there_after_the_swap(recovery: Recovery) -> None:
    recovery.take(some_events(500))
    done, coming = Flag(), some_events(20_000, salt="coming")
    taken: list[Event] = []

    def keep_taking() -> None:
        for start in range(0, len(coming), 5):
            if done.is_set():
                break
            recovery.take(coming[start : start + 5])
            taken.extend(coming[start : start + 5])

    taker = Thread(target=keep_taking)
    taker.start()
    try:
        made = [recovery.rebuild() for _ in range(3)]
    finally:
        done.set()
        taker.join()
    recovery.take(coming[len(taken) : len(taken) + 5])
    events = [*some_events(500), *coming[: len(taken) + 5]]
    assert recovery.rows() == fold(events)[0]
    assert sorted(recovery.logged()) == sorted(event.event_id for event in events)
    assert sum(each.caught_up for each in made) > 0


def test_readers_of_the_feed_are_not_held_back_while_a_rebuild_makes_its_indexes(
    recovery: Recovery,
) -> None:
    recovery.change(
        "CREATE FUNCTION when_let(bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql "
        "AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN $1; END'"
    )
    recovery.change("CREATE INDEX slow ON odds_event_log (when_let(id))")
    recovery.store(some_events(200))
    with _a_rebuild_that_makes_its_indexes(recovery):
        now = recovery.scalar("SELECT pg_current_xact_id()::text")
        settled = f"SELECT '{now}'::xid8 < pg_snapshot_xmin(pg_current_snapshot())"
        wait_for(lambda: recovery.scalar(settled))
        assert recovery.scalar(_INDEXING)
    assert recovery.verify().clean


@contextmanager
def _a_rebuild_that_makes_its_indexes(recovery: Recovery) -> Iterator[None]:
    """Until the end of the block: a session that has no transaction holds it up."""
    rebuilding = Thread(target=recovery.rebuild)
    connection = recovery.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with connection as holding_up:
        holding_up.exec_driver_sql("SELECT pg_advisory_lock(1)")
        rebuilding.start()
        try:
            wait_for(lambda: recovery.scalar(_INDEXING), seconds=30)
            yield
        finally:
            holding_up.exec_driver_sql("SELECT pg_advisory_unlock(1)")
            rebuilding.join()


_INDEXING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE 'CREATE INDEX%slow%'
"""


@pytest.mark.parametrize(
    ("stage", "queries_at_once"),
    [*((stage, 2) for stage in STAGES), pytest.param("loading", 8, id="loading-in-processes")],
)
def test_a_rebuild_that_is_killed_leaves_what_is_served_and_the_next_one_succeeds(
    recovery: Recovery, stage: str, queries_at_once: int
) -> None:
    events = some_events(200)
    recovery.store(events)
    recovery.project(events[:100])
    before = recovery.rows(), recovery.logged(), recovery.generation()
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, stage, str(queries_at_once)],
        env=recovery.variables(),
        cwd=ROOT,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (recovery.rows(), recovery.logged(), recovery.generation()) == before
    wait_for(lambda: _rebuild_again(recovery))
    assert recovery.rows() == fold(events)[0]
    assert recovery.scalar("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == 0


_KILLED = """
import os, signal, sys
from pathlib import Path
import msgspec
from replayer.environments import Environments
from replayer.recovery.parts import StoreSource
from replayer.recovery.rebuild import Rebuild

def told(stage, loaded):
    if stage == sys.argv[1] and loaded.events:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    local = Environments.load(Path("environments.yaml"), os.environ).named("local")
    local = msgspec.structs.replace(local, queries_at_once=int(sys.argv[2]))
    with local.events() as events:
        Rebuild(StoreSource(local), events, local.database_url, told=told).run()
"""


def _rebuild_again(recovery: Recovery) -> bool:
    """PostgreSQL takes a moment to see that the killed one's connection is gone."""
    with suppress(RebuildRefused):
        recovery.rebuild()
        return True
    return False


def test_two_rebuilds_at_once_are_one_and_a_refusal(recovery: Recovery) -> None:
    recovery.take(some_events(50))
    refusals: list[str] = []

    def told(stage: str, _loaded: object) -> None:
        if stage == "indexing":
            with pytest.raises(RebuildRefused, match="another rebuild"):
                recovery.rebuild()
            refusals.append(stage)

    recovery.rebuild(told=told)
    assert refusals == ["indexing"]
    assert recovery.verify().clean


@pytest.mark.parametrize("data", [b"\xff\xffcorrupt", of_newer_schema(new())])
def test_an_event_that_can_not_be_read_stops_a_rebuild_unless_its_loss_is_accepted(
    recovery: Recovery, data: bytes
) -> None:
    events = some_events(100)
    recovery.take(events)
    unreadable = new()
    recovery.store_bytes(unreadable, data)
    with pytest.raises(RebuildRefused, match=f"1 events can't be read.*\n.*{unreadable.event_id}"):
        recovery.rebuild()
    made = recovery.rebuild(accept_losses=1)
    assert (made.events, made.unreadable.count) == (100, 1)
    assert recovery.rows() == fold(events)[0]


def test_an_event_in_anothers_place_stops_a_rebuild_unless_its_loss_is_accepted(
    recovery: Recovery,
) -> None:
    events = some_events(100)
    recovery.take(events)
    stored, copied = new(), events[50]
    recovery.store_bytes(stored, encoded(copied).data)
    told = f"{place_of(stored)} are the bytes of {place_of(copied)}"
    with pytest.raises(RebuildRefused, match=f"1 events can't be read.*\n.*{re.escape(told)}"):
        recovery.rebuild()
    made = recovery.rebuild(accept_losses=1)
    assert (made.events, made.unreadable.count) == (100, 1)
    assert recovery.rows() == fold(events)[0]


def test_a_served_event_that_the_store_lost_stops_a_rebuild_unless_its_loss_is_accepted(
    recovery: Recovery,
) -> None:
    events = some_events(100)
    recovery.take(events)
    lost = new()
    recovery.project([lost])
    with pytest.raises(RebuildRefused, match=f"{lost.event_id}: not in the event store"):
        recovery.rebuild()
    assert lost.odds_key in recovery.rows()
    assert recovery.rebuild(accept_losses=1).lost == 1
    assert recovery.rows() == fold(events)[0]


def test_an_event_that_was_corrupted_once_served_is_one_loss(recovery: Recovery) -> None:
    events = some_events(100)
    recovery.take(events)
    recovery.store_bytes(events[50], b"\xff\xff")
    made = recovery.rebuild(accept_losses=1)
    assert (made.events, made.unreadable.count, made.lost) == (99, 1, 0)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE {}.odds SET home = home + 1e-12 WHERE id = (SELECT min(id) FROM {}.odds)",
        "UPDATE {}.odds SET deleted = true WHERE id = (SELECT min(id) FROM {}.odds)",
        "DELETE FROM {}.odds WHERE id = (SELECT min(id) FROM {}.odds)",
        "DELETE FROM {}.odds_event_log WHERE id = (SELECT min(id) FROM {}.odds_event_log)",
        "UPDATE {}.odds_event_log SET event_id = gen_random_uuid()",
    ],
)
def test_new_tables_that_are_not_as_folded_are_not_swapped_in(
    recovery: Recovery, spoil: str
) -> None:
    recovery.take(some_events(100))
    before = recovery.rows(), recovery.logged(), recovery.generation()
    schema = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild%'"

    def told(stage: str, _loaded: object) -> None:
        if stage == "checking":
            recovery.change(spoil.replace("{}", recovery.scalar(schema)))

    folded = r"10 odds \(sum \w+\) of 100 events \(sum \w+\) were folded"
    with pytest.raises(RebuildRefused, match=rf"not as folded: they have .*, and {folded}"):
        recovery.rebuild(told=told)
    assert (recovery.rows(), recovery.logged(), recovery.generation()) == before


def test_odds_that_come_while_a_rebuild_loads_are_counted(recovery: Recovery) -> None:
    recovery.take(some_events(50))

    def told(stage: str, _loaded: object) -> None:
        if stage == "catching up":
            recovery.take([new(), new()])

    made = recovery.rebuild(told=told)
    assert (made.odds, made.caught_up) == (7, 2)


def test_a_reader_that_takes_its_time_delays_the_swap_and_does_not_break_it(
    recovery: Recovery,
) -> None:
    recovery.take(some_events(50))
    swapping = Flag()
    rebuilding = Thread(target=lambda: recovery.rebuild(told=_at("swapping", swapping)))
    with recovery.engine.begin() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM odds")
        rebuilding.start()
        assert swapping.wait(60)
        recovery.take([new()])
    rebuilding.join()
    assert recovery.verify().clean
    assert len(recovery.logged()) == 51


def _at(wanted: str, flag: Flag) -> Told:
    def told(stage: str, _loaded: object) -> None:
        if stage == wanted:
            flag.set()

    return told
