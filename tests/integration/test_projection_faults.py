"""What the projection does when PostgreSQL, or its way there, breaks."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, select, text

from local.postgres import NAME, Postgres
from local.processes import Processes
from odds.adapters.read_model import postgres
from odds.adapters.read_model.migrate import migrate
from odds.adapters.read_model.read_model import ReadModel, ReadModelUnavailable
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.event import Event
from odds.fold import Outcome
from tests.examples import new, update
from tests.stack import short_directory
from tests.waiting import wait_for

Projected = Future[dict[UUID, Outcome]]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = postgres.create_engine(postgres_url, pool_size=4, timeout=60)
    yield engine
    engine.dispose()


@pytest.fixture
def projector() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


@contextmanager
def in_the_way(engine: Engine, event: Event) -> Iterator[Connection]:
    """A transaction that holds the row of an event's odds."""
    with engine.begin() as connection:
        row = select(odds.c.id).where(odds.c.external_id == event.external_id)
        connection.execute(row.with_for_update()).one()
        yield connection


def waiting(engine: Engine) -> list[int]:
    """The server's processes that wait for a lock in this database."""
    locks = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return [*connection.scalars(text(f"{locks} AND datname = current_database()"))]


def run(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def logged(engine: Engine) -> list[UUID]:
    with engine.connect() as connection:
        return [*connection.scalars(select(odds_event_log.c.event_id))]


def test_a_connection_cut_in_the_midst_of_a_batch_is_replaced_and_the_batch_applied(
    engine: Engine, projector: ThreadPoolExecutor
) -> None:
    read_model, created = ReadModel(engine, patience=30), new()
    read_model.project([created])
    change = update(created)
    with in_the_way(engine, created):
        projected: Projected = projector.submit(read_model.project, [change])
        wait_for(lambda: waiting(engine))
        (cut,) = waiting(engine)
        run(engine, f"SELECT pg_terminate_backend({cut})")
        wait_for(lambda: waiting(engine) not in ([], [cut]))
    assert projected.result() == {change.event_id: Outcome.APPLIED}


def test_a_batch_that_was_the_victim_of_a_deadlock_is_applied(
    engine: Engine, postgres_url: str, projector: ThreadPoolExecutor
) -> None:
    ReadModel(engine).project([created := new()])
    run(engine, f'ALTER DATABASE "{engine.url.database}" SET deadlock_timeout = 10000')
    own = postgres.create_engine(postgres_url, pool_size=1, timeout=60)
    change = update(created)
    with in_the_way(engine, created) as other:
        projected: Projected = projector.submit(ReadModel(own, patience=30).project, [change])
        wait_for(lambda: waiting(engine))
        # Each looks for a deadlock once, after its timeout; who finds it gives in.
        other.execute(text("SET LOCAL deadlock_timeout = '1min'"))
        other.execute(text("LOCK TABLE odds IN EXCLUSIVE MODE"))
    assert projected.result() == {change.event_id: Outcome.APPLIED}
    own.dispose()


def test_a_batch_that_failed_to_serialize_is_applied(engine: Engine) -> None:
    run(engine, "CREATE SEQUENCE attempts")  # which no failed transaction sets back
    run(
        engine,
        """CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('attempts') <= 2 THEN
                RAISE 'could not serialize access' USING ERRCODE = '40001';
            END IF;
            RETURN NEW;
        END $$""",
    )
    when = "BEFORE INSERT ON odds_event_log FOR EACH ROW"
    run(engine, f"CREATE TRIGGER told {when} EXECUTE FUNCTION fail_twice()")
    event = new()
    assert ReadModel(engine).project([event]) == {event.event_id: Outcome.APPLIED}
    assert logged(engine) == [event.event_id]


def test_a_statement_that_waits_too_long_is_given_up_by_the_server_too(
    engine: Engine, postgres_url: str
) -> None:
    ReadModel(engine).project([created := new()])
    hasty = postgres.create_engine(postgres_url, pool_size=1, statement_timeout=0.2)
    with in_the_way(engine, created):
        with pytest.raises(ReadModelUnavailable, match="57014"):
            ReadModel(hasty).project([update(created)])
        assert waiting(engine) == []
    hasty.dispose()
    assert logged(engine) == [created.event_id]


def test_postgresql_killed_and_started_again_is_waited_for(projector: ThreadPoolExecutor) -> None:
    with short_directory() as directory:
        server, processes = Postgres(directory / "data", durable=False), Processes(directory)
        server.prepare()
        processes.start(server.part(), os.environ)
        try:
            processes.wait_ready(server.part())
            server.ensure_database("odds")
            engine = postgres.create_engine(server.url("odds"), pool_size=2)
            migrate(engine)
            read_model, events = ReadModel(engine, patience=30), [new(), new()]
            read_model.project(events[:1])
            processes.kill(NAME)
            projected: Projected = projector.submit(read_model.project, events[1:])
            server.prepare()
            processes.start(server.part(), os.environ)
            assert projected.result(30) == {events[1].event_id: Outcome.APPLIED}
            assert logged(engine) == [event.event_id for event in events]
            engine.dispose()
        finally:
            processes.stop_all()
