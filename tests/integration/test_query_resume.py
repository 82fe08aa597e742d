"""Coming back to the stream: from any place, on any instance, without a gap or a repeat."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from query_api.feed.archive import Archive
from query_api.feed.odds_filter import OddsFilter
from query_api.read_model.reader import Reader
from tests.integration.query_service import Market, QueryService, Stream, query_service
from tests.stack import Databases

INSTANCES = 2


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.engine.dispose()


@pytest.fixture(scope="module")
def services(database_url: str) -> Iterator[list[QueryService]]:
    """One remembers little, so that it has to look into the log and to conflate early."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(query_service(database_url, JOURNAL_SIZE=size))
            for size in ("4096", "1")
        ]


def by_header(service: QueryService, cursor: str) -> Stream:
    return service.subscribe(last_event_id=cursor)


def by_argument(service: QueryService, cursor: str) -> Stream:
    return service.subscribe(f'(since: "{cursor}")')


@pytest.mark.parametrize("seed", range(6))
def test_a_client_that_comes_back_at_random_moments_misses_nothing_and_gets_nothing_twice(
    market: Market, services: list[QueryService], seed: int
) -> None:
    """Now to this instance and now to that, one of which has to read the log."""
    chance = random.Random(seed)
    stream = services[0].subscribe()
    external_id = market.new()
    got = stream.take(1)
    while got[0]["external_id"] != str(external_id):  # of the seed before, read late
        got = stream.take(1)
    expected: list[str] = []
    for home in range(2, 42):
        expected += market.update(external_id, *[home] * chance.randint(1, 3))
        if chance.random() < 0.4:
            got += stream.take(chance.randint(0, len(expected) - len(got) + 1))
            stream.close()
            come_back = chance.choice([by_header, by_argument])
            stream = come_back(chance.choice(services), got[-1]["cursor"])
    got += stream.take(len(expected) - len(got) + 1)
    assert [change["event_id"] for change in got[1:]] == expected
    assert not any(change["conflated"] or change["image"] for change in got)


def test_a_client_comes_back_to_a_process_that_has_started_since(
    market: Market, services: list[QueryService], database_url: str
) -> None:
    stream = services[0].subscribe()
    external_id = market.new()
    [last] = stream.take(1)
    expected = market.update(external_id, 2.0, 3.0)
    with query_service(database_url) as newcomer:
        resumed = by_header(newcomer, last["cursor"])
        expected += market.update(external_id, 4.0)
        assert [change["event_id"] for change in resumed.take(3)] == expected


def test_an_image_comes_first_and_then_every_change(
    market: Market, services: list[QueryService]
) -> None:
    game = "soccer:image"
    kept, gone = market.new(game_id=game), market.new(game_id=game)
    market.delete(gone, game_id=game)
    asked = f'(snapshot: true, game_id: "{game}")'
    for service in services:
        stream = service.subscribe(asked)
        [image] = stream.take(1)
        assert (image["external_id"], image["image"]) == (str(kept), True)
        newest = market.new(game_id=game)
        [change] = stream.take(1)
        assert (change["external_id"], change["image"]) == (str(newest), False)
        [resumed] = service.subscribe(asked, last_event_id=image["cursor"]).take(1)
        assert resumed["event_id"] == change["event_id"]
        market.delete(newest, game_id=game)


def test_what_was_open_when_an_image_was_taken_follows_it_and_nothing_else_does(
    market: Market, services: list[QueryService]
) -> None:
    """A transaction that began earlier than another that the image has seen."""
    game = "soccer:overlap"
    seen = market.new(game_id=game)
    with market.engine.connect() as older:
        older.execute(text("SELECT pg_current_xact_id()"))
        market.project(market.updated(seen, 7.0, game_id=game))
        stream = services[0].subscribe(f'(snapshot: true, game_id: "{game}")')
        [image] = stream.take(1)
        older.rollback()
    newest = market.project(market.updated(seen, 8.0, game_id=game))
    assert image["moneyline"]["home"] == 7.0
    assert [change["event_id"] for change in stream.take(1)] == newest
    resumed = by_argument(services[1], image["cursor"])
    assert [change["event_id"] for change in resumed.take(1)] == newest


@pytest.mark.parametrize("path", ["/odds?game_id=soccer:list", "/odds/{external_id}"])
def test_a_client_reads_first_and_goes_on_from_there(
    market: Market, services: list[QueryService], path: str
) -> None:
    external_id = market.new(game_id="soccer:list")
    market.project(market.updated(external_id, 5.0, game_id="soccer:list"))
    cursor = (
        services[0].request("GET", path.format(external_id=external_id)).headers["X-Feed-Cursor"]
    )
    after = market.project(market.updated(external_id, 6.0, game_id="soccer:list"))
    for service in services:
        assert [change["event_id"] for change in by_argument(service, cursor).take(1)] == after
    market.delete(external_id, game_id="soccer:list")


@pytest.mark.parametrize("deleted", [True, False])
def test_a_client_that_finds_nothing_goes_on_from_there_too(
    market: Market, services: list[QueryService], deleted: bool
) -> None:
    """Odds that were deleted, or whose NewOdds has not come: both may be streamed later."""
    game = "soccer:nothing"
    other = market.new(game_id=game)
    if deleted:
        asked_for = market.new(game_id=game)
        market.delete(asked_for, game_id=game)
    path = f"/odds/{asked_for if deleted else UUID(int=1)}"
    answer = services[0].request("GET", path)
    assert answer.status == (410 if deleted else 404)
    after = market.project(market.updated(other, 6.0, game_id=game))
    [change] = by_argument(services[0], answer.headers["X-Feed-Cursor"]).take(1)
    assert [change["event_id"]] == after


def test_a_client_that_has_got_no_change_yet_misses_none_when_it_comes_back(
    market: Market, services: list[QueryService]
) -> None:
    """As an EventSource does, that names the last id of a stream."""
    game = "soccer:none_yet"
    stream = services[0].subscribe(f'(game_id: "{game}")')
    stream.close()
    external_id = market.new(game_id=game)
    assert stream.place is not None
    [change] = by_header(services[1], stream.place).take(1)
    assert change["external_id"] == str(external_id)


def test_how_many_changes_were_missed_is_looked_at_before_the_first_page_only(
    market: Market,
) -> None:
    archive, everything = Archive(Reader(market.engine), resume_limit=3), OddsFilter()
    end = archive.image(everything).cursor.settled
    market.update(market.new(), *range(2, 6))
    assert archive.after(end, everything, known=False) is None
    page = archive.after(end, everything, known=True)
    assert page is not None
    assert len(page.changes) == 5


def test_the_place_of_a_quiet_stream_moves_on_with_the_market(
    market: Market, database_url: str
) -> None:
    with query_service(
        database_url, RESUME_LIMIT="3", JOURNAL_SIZE="1", HEARTBEAT_SECONDS="0.1"
    ) as service:
        busy = service.subscribe()
        for asked in ('provider: "nobody"', 'provider: "nobody", conflate_ms: 10'):
            quiet = service.subscribe(f"({asked})")
            market.update(market.new(), *range(2, 12))
            last = busy.take(11)[-1]["cursor"]
            assert last in quiet.places()
            assert by_header(service, last).place == last
            assert quiet.place is not None
            assert by_header(service, quiet.place).take(1)[0]["image"]


def test_a_place_of_before_a_rebuild_is_answered_with_an_image(
    databases: Databases,
) -> None:
    database_url = databases.fresh()
    market = Market(database_url)
    with query_service(database_url) as service:
        stream = service.subscribe()
        external_id = market.new()
        [before] = stream.take(1)
        stream.close()
        with market.engine.begin() as rebuild:
            rebuild.execute(text("UPDATE read_model_generation SET generation = gen_random_uuid()"))
        resumed = by_header(service, before["cursor"])
        [image] = resumed.take(1)
        assert (image["image"], image["external_id"]) == (True, str(external_id))
        assert image["cursor"].split("-")[0] != before["cursor"].split("-")[0]
        after = market.update(external_id, 3.0)
        assert [change["event_id"] for change in resumed.take(1)] == after
    market.engine.dispose()


@pytest.mark.parametrize("too_far", ["missed", "pruned", "ahead"])
def test_a_place_that_can_not_be_gone_on_from_is_answered_with_an_image(
    databases: Databases, too_far: str
) -> None:
    database_url = databases.fresh()
    market = Market(database_url)
    external_id = market.new()
    with query_service(database_url, JOURNAL_SIZE="1", RESUME_LIMIT="3") as service:
        stream = service.subscribe()
        market.update(external_id, 2.0)
        [first] = stream.take(1)
        market.update(external_id, *([3.0] * (5 if too_far == "missed" else 3)))
        stream.take(3)
        cursor = first["cursor"]
        if too_far == "pruned":
            with market.engine.begin() as operator:
                operator.execute(text("DELETE FROM odds_event_log WHERE id < 4"))
        if too_far == "ahead":
            cursor = f"{cursor.split('-')[0]}-ffffffff-1"
        resumed: list[dict[str, Any]] = by_header(service, cursor).take(1)
        assert [change["image"] for change in resumed] == [True]
    market.engine.dispose()


def test_a_stream_ends_before_its_time_is_over_and_without_complete(database_url: str) -> None:
    with query_service(database_url, STREAM_SECONDS="0.5") as service:
        assert list(service.subscribe().events()) == []
