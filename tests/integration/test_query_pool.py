"""What queries do when PostgreSQL is slow, or ended their connections."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn
from unittest.mock import Mock

import pg8000.dbapi
import pytest
from sqlalchemy import Engine, create_engine, event, text

from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds
from query_api.feed.archive import Archive
from query_api.feed.odds_filter import OddsFilter
from query_api.main import PATIENCE
from query_api.read_model.queries import OddsQueries, PageRequest
from query_api.read_model.reader import Reader, ReadModelAway
from tests.integration.query_service import Market, query_service
from tests.waiting import wait_for

PATIENT = 30.0
TIMEOUT = 2.0
"""Seconds, where a test waits until they are over."""
PID = text("SELECT pg_backend_pid()")
OPEN = text("SELECT pid FROM pg_stat_activity WHERE application_name = 'queries'")
END = text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = ANY(:pids)")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def other(postgres_url: str) -> Iterator[Engine]:
    """Somebody else's way to the same database."""
    engine = postgres.create_engine(postgres_url, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def pool_timeout() -> float:
    return PATIENT


@pytest.fixture
def engine(postgres_url: str, pool_timeout: float) -> Iterator[Engine]:
    engine = create_engine(
        postgres_url,
        pool_size=2,
        max_overflow=0,
        pool_timeout=pool_timeout,
        connect_args={"timeout": PATIENT, "application_name": "queries"},
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


def backends(engine: Engine) -> set[int]:
    """Of both connections; one that was given up may live on for a while."""
    with engine.connect() as first, engine.connect() as second:
        return {each.scalars(PID).one() for each in (first, second)}


def statements_of(engine: Engine) -> list[object]:
    """Those to come are appended."""
    statements: list[object] = []
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    return statements


def hurry_the_other(engine: Engine) -> None:
    """Of the two connections, the one that is not in use now."""
    with engine.connect() as connection:
        postgres.socket_of(connection.connection.dbapi_connection).settimeout(TIMEOUT)


@pytest.mark.parametrize("pool_timeout", [TIMEOUT])
def test_a_busy_pool_is_waited_for_once_and_kept(
    queries: OddsQueries, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = engine.pool
    with engine.connect(), engine.connect():
        connect = Mock(wraps=engine.connect)
        monkeypatch.setattr(engine, "connect", connect)
        began = time.monotonic()
        with pytest.raises(ReadModelAway):
            queries.page(PageRequest())
        assert time.monotonic() - began >= TIMEOUT
        assert connect.call_count == 1
    assert engine.pool is pool


def test_a_slow_answer_is_waited_for_once_and_costs_no_other_connection(
    queries: OddsQueries, engine: Engine, other: Engine
) -> None:
    before = backends(engine)
    statements = statements_of(engine)
    with other.begin() as locking, engine.connect():
        locking.execute(text(f"LOCK TABLE {odds.name} IN ACCESS EXCLUSIVE MODE"))
        hurry_the_other(engine)
        began = time.monotonic()
        with pytest.raises(ReadModelAway):
            queries.page(PageRequest())
        assert time.monotonic() - began >= TIMEOUT
        assert len(statements) == 1
    assert queries.page(PageRequest()).total == 0
    assert len(before & backends(engine)) == 1


def test_postgresql_gives_up_what_nobody_waits_for(postgres_url: str, other: Engine) -> None:
    hasty = postgres.create_engine(postgres_url, pool_size=1, statement_timeout=0.2)
    with other.begin() as locking:
        locking.execute(text(f"LOCK TABLE {odds.name} IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(ReadModelAway, match="57014"):
            OddsQueries(Reader(hasty)).page(PageRequest())
        assert locking.scalar(WAITING) == 0
    wait_for(lambda: answers(hasty))
    hasty.dispose()


def answers(engine: Engine) -> bool:
    """Not where PostgreSQL is so slow that it gives up again."""
    try:
        return OddsQueries(Reader(engine)).page(PageRequest()).total == 0
    except ReadModelAway:
        return False


def test_an_image_may_take_longer_than_any_other_read(postgres_url: str, other: Engine) -> None:
    """Of all odds, as fast as a reader takes them; after it, time is short again."""
    market = Market(postgres_url)
    external_ids = [market.new() for _ in range(30)]
    market.engine.dispose()
    slow_odds(other, "*")
    hasty = postgres.create_engine(postgres_url, pool_size=1, statement_timeout=2.0)
    image = Archive(Reader(hasty), 1).image(OddsFilter())
    assert [change.external_id for change in image.changes] == external_ids
    with pytest.raises(ReadModelAway, match="57014"):
        OddsQueries(Reader(hasty)).page(PageRequest())
    hasty.dispose()


def test_the_service_has_postgresql_give_up_before_it_does(
    postgres_url: str, other: Engine
) -> None:
    market = Market(postgres_url)
    market.new()
    market.engine.dispose()
    # A bookmaker by the name of the timeout that PostgreSQL was told.
    told = "jsonb_build_object('provider', current_setting('statement_timeout'))"
    slow_odds(other, f"(jsonb_populate_record(odds_there, {told})).*")
    with query_service(postgres_url) as service:
        [listed] = service.request("GET", "/odds").json()["Data"]["Odds"]
    assert listed["Provider"] == f"{PATIENCE:g}s"
    assert PATIENCE < postgres.TIMEOUT


def slow_odds(engine: Engine, columns: str) -> None:
    """Have each of the odds take a tenth of a second to be read."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE odds RENAME TO odds_there"))
        slowly = "WHERE pg_sleep(0.1) IS NOT NULL"
        connection.execute(text(f"CREATE VIEW odds AS SELECT {columns} FROM odds_there {slowly}"))


def test_a_page_and_how_many_there_are_in_all_are_of_one_snapshot(
    queries: OddsQueries, engine: Engine
) -> None:
    """PostgreSQL takes one for each statement."""
    statements = statements_of(engine)
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
