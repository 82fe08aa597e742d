"""What queries do when PostgreSQL is slow, or ended their connections."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pg8000.dbapi
import pytest
from sqlalchemy import Engine, create_engine, event, text

from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds
from query_api.read_model.queries import OddsQueries, PageRequest
from query_api.read_model.reader import Reader, ReadModelAway

POOL_TIMEOUT = 2.0
ANSWER_TIMEOUT = 2.0
OPEN = text("SELECT pid FROM pg_stat_activity WHERE application_name = 'queries'")
END = text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = ANY(:pids)")


@pytest.fixture
def other(postgres_url: str) -> Iterator[Engine]:
    """Somebody else's way to the same database."""
    engine = postgres.create_engine(postgres_url, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(
        postgres_url,
        pool_size=2,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        connect_args={"timeout": ANSWER_TIMEOUT, "application_name": "queries"},
    )
    yield engine
    engine.dispose()


@pytest.fixture
def queries(engine: Engine) -> OddsQueries:
    return OddsQueries(Reader(engine))


def connections(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(OPEN))


def fill(engine: Engine) -> None:
    with engine.connect(), engine.connect():
        pass


def test_a_busy_pool_is_waited_for_once_and_kept(queries: OddsQueries, engine: Engine) -> None:
    pool = engine.pool
    with engine.connect(), engine.connect():
        began = time.monotonic()
        with pytest.raises(ReadModelAway):
            queries.page(PageRequest())
        assert POOL_TIMEOUT <= time.monotonic() - began < 2 * POOL_TIMEOUT
    assert engine.pool is pool


def test_a_slow_answer_is_waited_for_once_and_costs_no_other_connection(
    queries: OddsQueries, engine: Engine, other: Engine
) -> None:
    fill(engine)
    before = connections(other)
    with other.begin() as locking:
        locking.execute(text(f"LOCK TABLE {odds.name} IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(ReadModelAway):
            queries.page(PageRequest())
        assert ANSWER_TIMEOUT <= time.monotonic() - began < 2 * ANSWER_TIMEOUT
    assert queries.page(PageRequest()).total == 0
    assert len(before & connections(other)) >= 1


def test_a_page_and_how_many_there_are_in_all_are_of_one_snapshot(
    queries: OddsQueries, engine: Engine
) -> None:
    """PostgreSQL takes one for each statement."""
    statements: list[object] = []
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    assert queries.page(PageRequest()).total == 0
    assert len(statements) == 1


@pytest.mark.parametrize("sqlstate", ["28000", "28P01"])
def test_a_database_that_does_not_let_us_in_is_away(postgres_url: str, sqlstate: str) -> None:
    """As when IAM is late with a token."""

    def refused() -> NoReturn:
        raise pg8000.dbapi.DatabaseError({"C": sqlstate, "M": "authentication failed"})

    queries = OddsQueries(Reader(create_engine(postgres_url, creator=refused)))
    with pytest.raises(ReadModelAway, match="authentication failed"):
        queries.page(PageRequest())


def test_connections_that_were_ended_cost_no_request(
    queries: OddsQueries, engine: Engine, other: Engine
) -> None:
    fill(engine)
    with other.connect() as connection:
        assert connection.scalar(END, {"pids": list(connections(other))}) == 2
    with ThreadPoolExecutor(2) as together:
        asked = [together.submit(queries.page, PageRequest()) for _ in range(6)]
        assert [each.result().total for each in asked] == [0] * 6
