"""The read model made anew from the event store, on a real Datastore emulator and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from sqlalchemy import text

from odds.adapters.event_store import event_entity
from odds.adapters.event_store.event_reader import StoredEvent
from odds.adapters.read_model.tables import metadata
from odds.event import Event
from odds.fold import fold
from replayer.recovery.digest import Digests, add_history, of_read_model, whole
from replayer.recovery.folding import histories as folded_histories
from replayer.recovery.loading import Loaded, loading
from replayer.recovery.odds_rows import as_folded
from replayer.recovery.parts import Reading, StoreSource
from replayer.recovery.rebuild import RebuildRefused
from replayer.recovery.shadow import ShadowTables
from tests.examples import NOW, encoded, new, update
from tests.histories import histories
from tests.integration.recovery import Recovery, some_events


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
        loaded = Loaded()
        for part in {str(event.external_id)[0] for event in events}:
            loaded.add(load(part))
    with recovery.engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {shadow.schema}.odds"))
        assert dict(as_folded(row) for row in rows) == fold(stored.values())[0]
        digests: Digests = {}
        in_order = sorted(stored.values(), key=event_entity.stream_key)
        for history in folded_histories(in_order):
            add_history(digests, history)
        assert of_read_model(connection, shadow.schema) == digests
        assert loaded.digest == whole(digests)
        outcomes = connection.execute(
            text(f"SELECT event_id, outcome::text FROM {shadow.schema}.odds_event_log")
        )
        assert {row.event_id: row.outcome for row in outcomes} == fold(in_order)[1]


def test_a_schema_of_somebody_elses_with_a_like_name_is_left_alone(recovery: Recovery) -> None:
    recovery.change("CREATE SCHEMA rebuilders")
    recovery.rebuild()
    assert recovery.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuilders'") == 1


def test_the_command_line_rebuilds(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.store(events)
    assert "30 events make 3 odds" in recovery.run("rebuild", "--env", "local")
    assert recovery.rows() == fold(events)[0]
