"""What the log tells of the past of odds, on a real PostgreSQL, held against the pure fold."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.command import MoneyLine
from odds.event import Event, OddsKey
from odds.fold import Odds, apply, fold
from query_api.read_model import odds_view
from query_api.read_model.event_view import OddsEvent
from query_api.read_model.odds_view import OddsView
from query_api.read_model.queries import HistoryRequest, OddsQueries, OddsRequest
from query_api.read_model.reader import Reader
from tests.examples import NOW, delete, new, update
from tests.histories import histories


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = postgres.create_engine(postgres_url, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def queries(engine: Engine) -> OddsQueries:
    return OddsQueries(Reader(engine))


def project(engine: Engine, *batches: Sequence[Event]) -> None:
    for batch in batches:
        if batch:
            ReadModel(engine).project(batch)


def project_anew(engine: Engine, *batches: Sequence[Event]) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE odds, odds_event_log"))
    project(engine, *batches)


def visible(odds: dict[OddsKey, Odds]) -> dict[UUID, Odds]:
    return {key[0]: each for key, each in odds.items() if each.created_at is not None}


def prices(line: MoneyLine | None) -> odds_view.MoneyLine | None:
    return None if line is None else {"home": line.home, "away": line.away, "draw": line.draw}


@settings(max_examples=40)
@given(events=histories(), data=st.data())
def test_odds_as_of_a_time_are_the_fold_of_the_events_accepted_up_to_then(
    engine: Engine, queries: OddsQueries, events: list[Event], data: st.DataObject
) -> None:
    split = data.draw(st.integers(0, len(events)))
    project_anew(engine, events[:split], events[split:])
    for time in range(NOW - 1, NOW + 5):
        by_then = visible(fold(event for event in events if event.created_at <= time)[0])
        for external_id in {event.external_id for event in events}:
            view = queries.find(OddsRequest(external_id, time)).odds
            assert (view and as_folded(view)) == by_then_seen(by_then.get(external_id))


def as_folded(view: OddsView) -> tuple[object, ...]:
    return view.moneyline, view.deleted, view.created_at, view.updated_at, view.game_type


def by_then_seen(odds: Odds | None) -> tuple[object, ...] | None:
    if odds is None:
        return None
    line = prices(odds.money_line)
    return line, odds.deleted, odds.created_at, odds.updated_at, odds.game_type


@settings(max_examples=40)
@given(events=histories(), data=st.data())
def test_the_history_has_every_event_of_the_odds_with_what_became_of_it_newest_first(
    engine: Engine, queries: OddsQueries, events: list[Event], data: st.DataObject
) -> None:
    split = data.draw(st.integers(0, len(events)))
    project_anew(engine, events[:split], events[split:])
    seen = {key: odds for key, odds in fold(events)[0].items() if odds.created_at is not None}
    for key in {event.odds_key for event in events}:
        if key[0] not in {each[0] for each in seen}:
            assert queries.history(HistoryRequest(key[0])) is None
        elif key in seen:
            history = queries.history(HistoryRequest(key[0], page_size=100))
            assert history is not None
            assert [as_stepped(event) for event in reversed(history.events)] == steps(events, key)
            assert history.total == len(history.events)


def as_stepped(event: OddsEvent) -> tuple[object, ...]:
    return (
        *(event.event_id, event.command, event.outcome, event.moneyline, event.deleted),
        *(event.command_moneyline, event.occurred_at, event.created_at),
    )


def steps(events: Sequence[Event], key: OddsKey) -> list[tuple[object, ...]]:
    told: list[tuple[object, ...]] = []
    odds = Odds()
    for event in {event.event_id: event for event in events if event.odds_key == key}.values():
        odds, outcome = apply(odds, event)
        command = event.command
        told.append(
            (
                *(event.event_id, command.command, outcome, prices(odds.money_line), odds.deleted),
                *(prices(command.payload.money_line), event.occurred_at, event.created_at),
            )
        )
    return told


def test_an_event_that_came_late_counts_from_when_it_was_accepted(
    engine: Engine, queries: OddsQueries
) -> None:
    """Its price was never that of the odds: a newer one was there when it came."""
    created = new(at=NOW)
    newer, late = update(created, at=NOW + 20, home=7.0), update(created, at=NOW + 10, home=5.0)
    project(engine, [created, newer])

    def home(time: int) -> float:
        found = queries.find(OddsRequest(created.external_id, time)).odds
        assert found is not None
        return found.home

    assert [home(NOW + after) for after in (0, 10, 19, 20)] == [1.9, 1.9, 1.9, 7.0]
    project(engine, [late])
    assert [home(NOW + after) for after in (0, 10, 19, 20)] == [1.9, 5.0, 5.0, 7.0]


def test_the_history_is_paged_and_goes_on_after_a_delete(
    engine: Engine, queries: OddsQueries
) -> None:
    created = new()
    events = [created, *(update(created, at=NOW + n) for n in range(1, 4)), delete(created)]
    project(engine, events, [update(created, provider="rival")])
    pages = [queries.history(HistoryRequest(created.external_id, no, 2)) for no in (1, 2, 3, 4)]
    assert [[event.event_id for event in page.events] for page in pages if page] == [
        [events[4].event_id, events[3].event_id],
        [events[2].event_id, events[1].event_id],
        [events[0].event_id],
        [],
    ]
    assert {page.total for page in pages if page} == {5}


def test_an_event_is_projected_after_it_was_accepted(engine: Engine, queries: OddsQueries) -> None:
    with engine.connect() as connection:
        clock = "SELECT (1000000 * extract(epoch FROM clock_timestamp()))::bigint"
        now = connection.scalar(text(clock)) or 0
    created = new(at=now)
    project(engine, [created])
    history = queries.history(HistoryRequest(created.external_id))
    assert history is not None
    assert 0 < history.events[0].projected_at - now < 60_000_000
