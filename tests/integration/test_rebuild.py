"""The read model made anew from the event store, on a real Datastore emulator and PostgreSQL."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from threading import Event as Flag
from threading import Thread
from typing import Any, NamedTuple

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from sqlalchemy import text

from odds.adapters import event_entity
from odds.adapters.event_reader import StoredEvent
from odds.adapters.migrate import migrate
from odds.adapters.tables import metadata
from odds.event import Event
from odds.fold import fold
from replayer.recovery.diff import diff
from replayer.recovery.digest import Digests, add_history, of_read_model
from replayer.recovery.folding import histories as folded_histories
from replayer.recovery.loading import loading
from replayer.recovery.odds_rows import as_folded
from replayer.recovery.parts import Reading, StoreSource
from replayer.recovery.rebuild import Rebuild, RebuildRefused, Told
from replayer.recovery.shadow import ShadowTables
from tests.examples import NOW, encoded, new, update
from tests.histories import histories
from tests.integration.recovery import Recovery, of_newer_schema, opened, some_events
from tests.paths import ROOT
from tests.waiting import wait_for

STAGES = ["loading", "indexing", "catching up", "swapping", "swapped, not committed"]


@pytest.fixture
def recovery(project: str, datastore_host: str, postgres_url: str) -> Iterator[Recovery]:
    with opened(project, datastore_host, postgres_url) as recovery:
        yield recovery


def test_a_rebuild_makes_the_rows_that_projecting_made(recovery: Recovery) -> None:
    events = some_events(300)
    arrived = Random(3).sample(events, len(events))
    recovery.take(arrived)
    before = recovery.rows()
    made = recovery.rebuild()
    assert recovery.rows() == before == fold(events)[0]
    assert sorted(recovery.logged()) == sorted(event.event_id for event in events)
    assert (made.events, made.odds, made.caught_up) == (300, 30, 0)


def test_an_empty_read_model_is_recovered(recovery: Recovery) -> None:
    events = some_events(300)
    recovery.store(events)
    recovery.rebuild()
    assert recovery.rows() == fold(events)[0]
    assert recovery.verify().clean


def test_a_dropped_database_is_recovered(recovery: Recovery) -> None:
    events = some_events(100)
    recovery.take(events)
    recovery.change("DROP SCHEMA public CASCADE")
    recovery.change("CREATE SCHEMA public")
    recovery.rebuild()
    assert recovery.rows() == fold(events)[0]
    assert recovery.verify().clean


def test_a_store_that_answers_many_queries_at_once_is_read_by_several_processes(
    recovery: Recovery,
) -> None:
    events = some_events(300)
    recovery.store(events)
    many = msgspec.structs.replace(recovery.environment, queries_at_once=8)
    assert StoreSource(many).processes > 0
    recovery._replace(environment=many).rebuild()
    assert recovery.rows() == fold(events)[0]
    assert recovery._replace(environment=many).verify().clean


def test_an_empty_event_store_makes_an_empty_read_model(recovery: Recovery) -> None:
    assert recovery.rebuild().events == 0
    assert recovery.rows() == {}


def test_what_is_projected_after_a_rebuild_goes_on_where_it_was(recovery: Recovery) -> None:
    events = some_events(95)
    recovery.take(events[:60])
    recovery.rebuild()
    recovery.take(events[60:])
    assert recovery.rows() == fold(events)[0]
    # The log shows each odds' events in the order of their application (rule 6).
    newest = [event for event in events if event.external_id == events[90].external_id]
    shown = [each for each in recovery.logged() if each in {event.event_id for event in newest}]
    assert shown == [event.event_id for event in newest]


def test_no_reader_of_the_feed_takes_the_past_for_news(recovery: Recovery) -> None:
    events = some_events(50)
    recovery.take(events)
    horizon = recovery.scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    recovery.rebuild()
    later = f"SELECT count(*) FROM odds_event_log WHERE xid >= '{horizon}'::xid8"
    assert recovery.scalar(later) == 0
    recovery.take([update(events[0], at=NOW + 10**9)])
    assert recovery.scalar(later) == 1


def test_a_rebuild_begins_another_generation_and_one_that_is_refused_does_not(
    recovery: Recovery,
) -> None:
    recovery.take(some_events(20))
    first = recovery.generation()
    made = recovery.rebuild()
    second = recovery.generation()
    assert first != second
    assert str(second) == made.generation
    recovery.store_bytes(new(), b"\xff")
    with pytest.raises(RebuildRefused):
        recovery.rebuild()
    assert recovery.generation() == second


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_a_rebuild_leaves_the_schema_that_the_migrations_make(recovery: Recovery) -> None:
    options = "SELECT reloptions FROM pg_class WHERE oid = 'odds'::regclass"
    before = recovery.scalar(options)
    recovery.take(some_events(20))
    recovery.rebuild()
    assert recovery.scalar(options) == before == ["fillfactor=80"]
    with recovery.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_who_may_read_the_served_tables_may_read_the_new_ones(recovery: Recovery) -> None:
    role = f"reader_{recovery.environment.project.replace('-', '_')}"
    recovery.change(f"CREATE ROLE {role}")
    try:
        recovery.change(f"GRANT SELECT ON odds, odds_event_log TO {role}")
        recovery.rebuild()
        for table in ("odds", "odds_event_log"):
            may = f"SELECT has_table_privilege('{role}', '{table}', 'SELECT')"
            assert recovery.scalar(may) is True
            assert recovery.scalar(may.replace("SELECT')", "INSERT')")) is False
    finally:
        recovery.change(f"DROP OWNED BY {role}")
        recovery.change(f"DROP ROLE {role}")


def test_who_is_to_read_and_write_may_do_so_once_a_dropped_database_is_back(
    recovery: Recovery,
) -> None:
    reader, writer = (f"{what}-{recovery.environment.project}" for what in ("reader", "writer"))
    recovery.change(f'CREATE ROLE "{reader}"')
    recovery.change(f'CREATE ROLE "{writer}"')
    recovery.change("DROP SCHEMA public CASCADE")
    recovery.change("CREATE SCHEMA public")
    granted = {"READ_MODEL_READERS": reader, "READ_MODEL_WRITERS": writer}
    try:
        recovery.run("rebuild", variables=granted)
        may = "SELECT has_table_privilege('{}', '{}', '{}')"
        for table in ("odds", "odds_event_log", "read_model_generation"):
            assert recovery.scalar(may.format(reader, table, "SELECT")) is True
            assert recovery.scalar(may.format(reader, table, "INSERT")) is False
            assert recovery.scalar(may.format(writer, table, "INSERT")) is True
    finally:
        for role in (reader, writer):
            recovery.change(f'DROP OWNED BY "{role}"')
            recovery.change(f'DROP ROLE "{role}"')


class Listed(NamedTuple):
    """Events as the event store would give them."""

    stored: list[Event]
    parts_at_once: int = 1
    processes: int = 0

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        yield self.events

    def events(self, part: str) -> Iterator[StoredEvent]:
        mine = [event for event in self.stored if str(event.external_id)[0] == part]
        for event in sorted(mine, key=lambda event: event_entity.stream_key(event)):
            place = f"{event.created_at:020}|{event.event_id}"
            yield StoredEvent(place, encoded(event).data)


@settings(max_examples=40)
@given(events=histories())
def test_any_history_is_loaded_as_the_fold_has_it(recovery: Recovery, events: list[Event]) -> None:
    stored = {event.event_id: event for event in events}
    url, source = recovery.environment.database_url, Listed(list(stored.values()))
    with recovery.engine.begin() as connection:
        shadow = ShadowTables.create(connection)
    with loading(source, url, shadow.schema) as load:
        for part in {str(event.external_id)[0] for event in events}:
            load(part)
    with recovery.engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {shadow.schema}.odds"))
        assert dict(as_folded(row) for row in rows) == fold(stored.values())[0]
        digests: Digests = {}
        in_order = sorted(stored.values(), key=event_entity.stream_key)
        for history in folded_histories(in_order):
            add_history(digests, history)
        assert of_read_model(connection, shadow.schema) == digests
        outcomes = connection.execute(
            text(f"SELECT event_id, outcome::text FROM {shadow.schema}.odds_event_log")
        )
        assert {row.event_id: row.outcome for row in outcomes} == fold(in_order)[1]


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
        "CREATE FUNCTION slowly(bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql "
        "AS 'BEGIN PERFORM pg_sleep(0.02); RETURN $1; END'"
    )
    recovery.change("CREATE INDEX slow ON odds_event_log (slowly(id))")
    recovery.store(some_events(200))
    rebuilding = Thread(target=recovery.rebuild)
    rebuilding.start()
    try:
        wait_for(lambda: recovery.scalar(_INDEXING), seconds=30)
        now = recovery.scalar("SELECT pg_current_xact_id()::text")
        settled = f"SELECT '{now}'::xid8 < pg_snapshot_xmin(pg_current_snapshot())"
        wait_for(lambda: recovery.scalar(settled))
        assert recovery.scalar(_INDEXING)
    finally:
        rebuilding.join()
    assert recovery.verify().clean


_INDEXING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE 'CREATE INDEX%slow%'
"""


def test_a_schema_of_somebody_elses_with_a_like_name_is_left_alone(recovery: Recovery) -> None:
    recovery.change("CREATE SCHEMA rebuilders")
    recovery.rebuild()
    assert recovery.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuilders'") == 1


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
        assert swapping.wait(20)
        recovery.take([new()])
    rebuilding.join()
    assert recovery.verify().clean
    assert len(recovery.logged()) == 51


def _at(wanted: str, flag: Flag) -> Told:
    def told(stage: str, _loaded: object) -> None:
        if stage == wanted:
            flag.set()

    return told


def test_what_a_changed_projection_would_change_is_told_and_not_done(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.take(events)
    assert "0 change" in recovery.run("diff")
    recovery.change("UPDATE odds SET home = 99 WHERE game_id = 'soccer:1'")
    with pytest.raises(subprocess.CalledProcessError) as told:
        recovery.run("diff")
    assert "0 would appear, 0 vanish, 1 change\n  home: 1\n" in told.value.stdout
    assert "'home': 99.0" in told.value.stdout
    assert recovery.scalar("SELECT count(*) FROM odds WHERE home = 99") == 1
    assert recovery.scalar("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == 0


def test_what_comes_while_it_is_compared_is_no_change(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.take(events)

    class Busy(Rebuild):
        @contextmanager
        def shadow(self) -> Iterator[Any]:
            with super().shadow() as made:
                late = update(events[0], at=NOW + 10**9, game_id="soccer:0")
                recovery.take([new(), late])
                yield made

    recovery.change("UPDATE odds SET home = 99 WHERE game_id = 'soccer:1'")
    with recovery.environment.events() as reader:
        source, url = StoreSource(recovery.environment), recovery.environment.database_url
        found = diff(Busy(source, reader, url))
    assert (found.odds, found.appearing, found.vanishing, found.changing) == (2, 0, 0, 1)


def test_a_schema_that_is_not_of_today_is_refused_and_not_migrated(recovery: Recovery) -> None:
    recovery.change("DROP SCHEMA public CASCADE")
    recovery.change("CREATE SCHEMA public")
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        recovery.run("diff")
    assert "RebuildRefused: the database's schema is of revision None" in refused.value.stderr
    assert recovery.scalar(tables) == 0
    migrate(recovery.engine, "0003")
    before = recovery.scalar(tables)
    for command in ("diff", "rebuild"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            recovery.run(command)
        assert "odds.adapters.migrate" in refused.value.stderr
    assert recovery.scalar(tables) == before


def test_the_command_line_rebuilds(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.store(events)
    assert "30 events make 3 odds" in recovery.run("rebuild", "--env", "local")
    assert recovery.rows() == fold(events)[0]
