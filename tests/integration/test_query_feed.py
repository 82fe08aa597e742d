"""The stream, from PostgreSQL's commit to the client: every change, in order, once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pg8000.native
import pytest
from sqlalchemy import make_url, text

from query_api.feed.feed import IDLE_POLL
from tests.integration.query_service import (
    DEADLINE,
    Market,
    QueryService,
    query_service,
    wait_until,
)

LOG_ROW = """
INSERT INTO odds_event_log (event_id, odds_id, command, outcome, occurred_at, created_at,
    external_id, provider, game_id, game_type, home, away, deleted, odds_created_at,
    odds_updated_at)
VALUES (gen_random_uuid(), 1, 'UpdateOdds', 'applied', 1, 1,
    gen_random_uuid(), 'acme', :game_id, 'soccer', 1.5, 2.5, false, 1, 1)
"""


@pytest.fixture
def market(postgres_url: str) -> Iterator[Market]:
    market = Market(postgres_url)
    yield market
    market.engine.dispose()


@pytest.fixture
def service(postgres_url: str) -> Iterator[QueryService]:
    with query_service(postgres_url, HEARTBEAT_SECONDS="60") as service:
        yield service


def connect(database_url: str) -> pg8000.native.Connection:
    url = make_url(database_url)
    return pg8000.native.Connection(
        url.username, database=url.database, unix_sock=str(url.query["unix_sock"])
    )


def test_every_change_arrives_in_order_once(market: Market, service: QueryService) -> None:
    stream = service.subscribe()
    external_id = market.new()
    expected = [event for home in range(2, 40) for event in market.update(external_id, home, -home)]
    market.delete(external_id)
    created, *updates, deleted = stream.take(len(expected) + 2)
    assert created["moneyline"] == {"home": 1.9, "away": 4.2, "draw": 3.5}
    assert (created["external_id"], created["game_type"]) == (str(external_id), "soccer")
    assert [change["event_id"] for change in updates] == expected
    assert not any(change["conflated"] for change in updates)
    assert [change["updated_at"] for change in updates] == sorted(
        change["updated_at"] for change in updates
    )
    assert (deleted["deleted"], deleted["created_at"]) == (True, created["created_at"])


def test_what_changes_nothing_is_not_streamed(market: Market, service: QueryService) -> None:
    stream = service.subscribe()
    external_id = market.new()
    overtaken = market.updated(external_id, 3.0)
    newest = market.update(external_id, 4.0)
    market.project(overtaken)
    last = market.update(external_id, 5.0)
    _, *updates = stream.take(3)
    assert [change["event_id"] for change in updates] == newest + last


def test_after_a_rebuild_readers_get_all_odds_as_they_are_and_then_every_change(
    market: Market, service: QueryService
) -> None:
    stream = service.subscribe()
    kept, missed, gone = market.new(), market.new(), market.new()
    market.delete(gone)
    assert stream.take(4)[-1]["deleted"]
    with market.engine.begin() as rebuild:
        # What was committed just before the swap, and read by nobody, stands in the new table only.
        rebuild.execute(text("UPDATE odds SET home = 7 WHERE external_id = :id"), {"id": missed})
        rebuild.execute(text("UPDATE read_model_generation SET generation = gen_random_uuid()"))
        rebuild.execute(text("NOTIFY odds_feed"))
    image = stream.take(2)
    assert [(change["external_id"], change["moneyline"]["home"]) for change in image] == [
        (str(kept), 1.9),
        (str(missed), 7.0),
    ]
    assert all(change["image"] for change in image)
    after = market.update(kept, 3.0)
    assert [change["event_id"] for change in stream.take(1)] == after


def test_a_stream_begins_at_the_present(market: Market, service: QueryService) -> None:
    before = service.subscribe()
    external_id = market.new()
    before.take(1)
    stream = service.subscribe()
    update = market.update(external_id, 3.0)
    assert [change["event_id"] for change in stream.take(1)] == update


def test_changes_wait_for_a_transaction_that_began_before_theirs(
    market: Market, service: QueryService, postgres_url: str
) -> None:
    """Or the older transaction's rows would come to lie behind a cursor that has passed them."""
    stream = service.subscribe()
    with connect(postgres_url) as older, connect(postgres_url) as newer:
        older.run("BEGIN")
        older.run(LOG_ROW, game_id="older")
        for game_id in ("newer", "newest"):
            newer.run(LOG_ROW, game_id=game_id)
            newer.run("NOTIFY odds_feed")
        assert stream.nothing_comes_within(1.0)
        older.run("COMMIT")
        arrived = [change["game_id"] for change in stream.take(3)]
        assert arrived == ["older", "newer", "newest"]


def test_a_held_back_change_comes_at_once_when_the_older_transaction_ends(
    service: QueryService, postgres_url: str
) -> None:
    """Although that end notifies nobody: it wrote nothing."""
    with connect(postgres_url) as older, connect(postgres_url) as newer:
        fastest = min(_seconds_to_come(service, older, newer) for _ in range(5))
    assert fastest < IDLE_POLL / 2


def _seconds_to_come(
    service: QueryService, older: pg8000.native.Connection, newer: pg8000.native.Connection
) -> float:
    """From the end of the older transaction to the newer one's change."""
    stream = service.subscribe()
    older.run("BEGIN")
    older.run("SELECT pg_current_xact_id()")
    newer.run(LOG_ROW, game_id="newer")
    newer.run("NOTIFY odds_feed")
    assert stream.nothing_comes_within(IDLE_POLL / 4)
    ended_at = time.monotonic()
    older.run("ROLLBACK")
    assert stream.take(1)[0]["game_id"] == "newer"
    return time.monotonic() - ended_at


def test_a_transaction_that_was_open_when_the_service_started_is_not_missed(
    postgres_url: str,
) -> None:
    with connect(postgres_url) as older, connect(postgres_url) as newer:
        older.run("BEGIN")
        older.run(LOG_ROW, game_id="older")
        newer.run(LOG_ROW, game_id="newer")
        with query_service(postgres_url) as service:
            stream = service.subscribe()
            older.run("NOTIFY odds_feed")
            older.run("COMMIT")
            assert [change["game_id"] for change in stream.take(2)] == ["older", "newer"]


def test_overlapping_transactions_leave_no_gap(service: QueryService, postgres_url: str) -> None:
    """Three writers whose transactions overlap, committing in another order than they began."""
    stream = service.subscribe()
    expected: list[str] = []
    with ExitStack() as opened:
        writers = [opened.enter_context(connect(postgres_url)) for _ in range(3)]
        for round_ in range(50):
            for place, writer in enumerate(writers):
                writer.run("BEGIN")
                writer.run(LOG_ROW, game_id=f"{round_}/{place}")
                expected.append(f"{round_}/{place}")
            for writer in reversed(writers):
                writer.run("NOTIFY odds_feed")
                writer.run("COMMIT")
        arrived = [change["game_id"] for change in stream.take(len(expected))]
    assert arrived == expected


def test_a_lost_connection_leaves_no_gap_and_no_repeat(
    market: Market, service: QueryService
) -> None:
    stream = service.subscribe()
    external_id = market.new()
    expected: list[str] = []
    killed = 0
    for home in range(2, 62):
        expected += market.update(external_id, home)
        if home % 10 == 0:
            killed += market.kill_connections("query_api feed")
            expected += market.update(external_id, -home)
    assert killed >= 2
    _, *updates = stream.take(len(expected) + 1)
    assert [change["event_id"] for change in updates] == expected


def test_a_slow_reader_is_conflated_and_ends_in_the_same_state(
    market: Market, postgres_url: str
) -> None:
    with query_service(postgres_url, JOURNAL_SIZE="100") as service:
        slow, fast = service.subscribe(receive_buffer=4096), service.subscribe()
        odds = [market.new() for _ in range(5)]
        states = {change["id"]: change for change in fast.take(len(odds))}
        for home in range(2, 602):
            market.project(*(market.updated(external_id, home) for external_id in odds))
            for change in fast.take(len(odds)):
                assert not change["conflated"]
                states[change["id"]] = change
        received, final = 0, {}
        for change in slow.changes():
            received += 1
            final[change["id"]] = change
            if _same_prices(final, states):
                break
        assert received < 605 * len(odds) / 2
        assert any(change["conflated"] for change in final.values())


def _same_prices(some: dict[str, dict[str, object]], all_: dict[str, dict[str, object]]) -> bool:
    return {key: change["event_id"] for key, change in some.items()} == {
        key: change["event_id"] for key, change in all_.items()
    }


def test_a_client_that_leaves_is_freed(market: Market, service: QueryService) -> None:
    streams = [service.subscribe() for _ in range(3)]
    assert service.health()["streams"] == 3
    streams[0].close()
    streams[1].reset()
    wait_until(lambda: service.health()["streams"] == 1, "the freeing of two subscribers")
    market.new()
    assert len(streams[2].take(1)) == 1


def test_sigterm_ends_streams_promptly_and_without_complete(service: QueryService) -> None:
    stream = service.subscribe()
    service.terminate()
    service.process.wait(DEADLINE)
    assert list(stream.events()) == []


def test_a_silent_projector_does_not_look_like_a_quiet_market(
    market: Market, postgres_url: str
) -> None:
    with query_service(postgres_url, STALE_SECONDS="3") as served:

        def is_stale() -> bool:
            asked = served.post("{ feed { cursor behind_seconds stale } }", "application/json")
            return bool(asked.json()["data"]["feed"]["stale"])

        def is_live() -> bool:
            market.read_model.beat()
            return not is_stale()

        wait_until(is_stale, "a feed without a projector going stale")
        wait_until(is_live, "a sign of life being seen")
        wait_until(is_stale, "a projector's silence being told")


def test_without_postgresql_the_service_is_up_but_not_ready(postgres_url: str) -> None:
    nobody_there = f"{postgres_url}-away"
    with query_service(nobody_there, until=_is_live) as service:
        assert service.health()["status"] == "not ready"
        refused = service.post("subscription { getInstantOdds { id } }", "text/event-stream")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        listed = service.request("GET", "/odds")
        assert (listed.status, listed.headers["Retry-After"]) == (503, "1")


def _is_live(service: QueryService) -> bool:
    try:
        return service.request("GET", "/health/live").status == 200
    except (ConnectionError, TimeoutError):
        return False
