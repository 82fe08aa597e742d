"""The projection's SQL, on a real PostgreSQL, held against the pure fold."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Row, func, select, text

from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import BatchRefused, ReadModel, ReadModelUnavailable
from odds.adapters.read_model.tables import metadata, odds, odds_event_log
from odds.event import Event, OddsKey
from odds.fold import Odds, Outcome, apply, fold
from tests.examples import NOW, delete, new, update
from tests.histories import histories
from tests.read_model import money_line, rows
from tests.waiting import wait_for


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = postgres.create_engine(postgres_url, pool_size=8)
    yield engine
    engine.dispose()


@pytest.fixture
def read_model(engine: Engine) -> ReadModel:
    return ReadModel(engine)


def log(engine: Engine) -> list[Row[tuple[object, ...]]]:
    """The log in feed order."""
    with engine.connect() as connection:
        feed = select(odds_event_log).order_by(odds_event_log.c.xid, odds_event_log.c.id)
        return list(connection.execute(feed))


def wipe(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE odds, odds_event_log"))


@settings(max_examples=60)
@given(events=histories(), data=st.data())
def test_any_order_repetition_and_batching_gives_the_rows_of_the_fold(
    engine: Engine, read_model: ReadModel, events: list[Event], data: st.DataObject
) -> None:
    wipe(engine)
    rest = events
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        read_model.project(rest[:size])
        rest = rest[size:]
    assert rows(engine) == fold(events)[0]


@settings(max_examples=60)
@given(events=histories(), data=st.data())
def test_batching_never_changes_what_the_log_shows(
    engine: Engine, read_model: ReadModel, events: list[Event], data: st.DataObject
) -> None:
    wipe(engine)
    split = data.draw(st.integers(0, len(events)))
    outcomes: dict[UUID, Outcome] = {}
    for batch in (events[:split], events[split:]):
        if batch:
            outcomes |= read_model.project(batch)
    assert outcomes == fold(events)[1]
    assert [
        (row.event_id, row.outcome, money_line(row), row.deleted, row.odds_updated_at)
        for row in log(engine)
    ] == list(_as_of(events))


def _as_of(events: list[Event]) -> Iterator[tuple[object, ...]]:
    states: dict[OddsKey, Odds] = {}
    for event in {event.event_id: event for event in events}.values():
        state, outcome = apply(states.get(event.odds_key, Odds()), event)
        states[event.odds_key] = state
        yield event.event_id, outcome, state.money_line, state.deleted, state.updated_at


def test_concurrent_projectors_converge_log_each_event_once_and_never_show_an_old_price_last(
    engine: Engine, read_model: ReadModel
) -> None:
    random = Random(7)
    created = [new(at=NOW + n) for n in range(5)]
    changes = [
        update(random.choice(created), at=NOW + 100 + random.randrange(500), home=1 + n / 1000)
        for n in range(1500)
    ]
    # Each event twice, some of them in flight at the same moment.
    events = [*created, *changes, *changes]
    random.shuffle(events)
    batches = [events[start : start + 13] for start in range(0, len(events), 13)]
    with ThreadPoolExecutor(8) as projectors:
        list(projectors.map(read_model.project, batches))

    assert rows(engine) == fold(events)[0]
    feed = log(engine)
    assert sorted(row.event_id for row in feed) == sorted({event.event_id for event in events})
    shown = {row.external_id: row for row in feed if row.outcome is Outcome.APPLIED}
    final = fold(events)[0]
    for event in created:
        assert money_line(shown[event.external_id]) == final[event.odds_key].money_line


def test_of_two_transactions_that_overlap_the_feed_shows_last_the_one_applied_last(
    engine: Engine, read_model: ReadModel
) -> None:
    """The first has its xid before the second begins, and comes to their odds after it."""
    first, held, shared = sorted((new(), new(), new()), key=lambda event: event.external_id)
    read_model.project([held, shared])
    newest, older = update(shared, at=NOW + 9, home=9.0), update(shared, at=NOW + 5, home=5.0)
    with ThreadPoolExecutor(2) as projectors:
        with engine.begin() as obstacle:
            obstacle.execute(
                select(odds.c.id).where(odds.c.external_id == held.external_id).with_for_update()
            )
            one = projectors.submit(read_model.project, [first, update(held), newest])
            wait_for(lambda: waiting(engine) == 1)
            two = projectors.submit(read_model.project, [older])
            wait_for(lambda: two.done() or waiting(engine) == 2)
        one.result()
        two.result()
    shown = [row for row in log(engine) if row.external_id == shared.external_id]
    assert [row.home for row in shown if row.outcome is Outcome.APPLIED][-1] == 9.0


def waiting(engine: Engine) -> int:
    """How many of this database's transactions wait for a lock."""
    locks = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return int(connection.scalar(text(f"{locks} AND datname = current_database()")) or 0)


def test_a_provider_and_a_game_of_any_characters_are_kept(
    engine: Engine, read_model: ReadModel
) -> None:
    event = new(provider='a"b\\c,{}é NULL', game_id="soccer:'\\\"{☂}")
    assert read_model.project([event]) == {event.event_id: Outcome.APPLIED}
    assert [*rows(engine)] == [event.odds_key]


def test_an_event_that_comes_again_has_no_second_outcome(
    engine: Engine, read_model: ReadModel
) -> None:
    created = new()
    first = read_model.project([created, created])
    assert first == {created.event_id: Outcome.APPLIED}
    assert read_model.project([created]) == {}
    assert len(log(engine)) == 1


def test_the_feed_is_woken_by_what_is_logged_and_not_by_what_comes_again(
    engine: Engine, read_model: ReadModel
) -> None:
    created = new()
    with engine.connect() as listener:
        listener.exec_driver_sql("LISTEN odds_feed")
        listener.commit()
        connection = listener.connection.driver_connection
        assert connection is not None
        woken = []
        for batch in ([update(created)], [created], [created, created], [delete(created)]):
            read_model.project(batch)
            listener.exec_driver_sql("SELECT 1")
            listener.commit()
            woken.append(len(connection.notifications))
            connection.notifications.clear()
    assert woken == [1, 1, 0, 1]


def test_a_connection_that_was_cut_is_replaced(engine: Engine, read_model: ReadModel) -> None:
    read_model.project([new()])
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.execute(text(cut + " AND datname = current_database()"))
    event = new()
    read_model.project([event])
    assert event.odds_key in rows(engine)


def test_what_postgresql_cannot_hold_is_told_from_postgresql_being_away(
    engine: Engine, read_model: ReadModel
) -> None:
    with pytest.raises(BatchRefused):
        read_model.project([new(), new(game_id="soccer:\0")])
    assert log(engine) == []


def test_postgresql_away_is_said_so() -> None:
    away = postgres.create_engine("postgresql+pg8000://nobody@127.0.0.1:1/none", pool_size=1)
    model = ReadModel(away, patience=0.2)
    with pytest.raises(ReadModelUnavailable):
        model.project([new()])
    with pytest.raises(ReadModelUnavailable):
        model.ping()


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_the_migrations_make_the_tables_that_the_code_describes(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert connection.scalar(select(func.count()).select_from(odds)) == 0
