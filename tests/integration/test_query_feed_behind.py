"""What the feed says of itself under load: whether it is current, and how far behind."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TypeVar

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from pg8000.native import Connection

from odds.adapters.telemetry.telemetry import Telemetry
from query_api.cursor import Cursor
from query_api.feed import feed as feed_module
from query_api.feed.change import Change
from query_api.feed.change_log import BATCH
from query_api.feed.feed import Feed
from query_api.metrics import Metrics
from tests.integration.test_query_feed import LOG_ROW, connect
from tests.metrics import gauge
from tests.waiting import wait_for

T = TypeVar("T")

BEAT = "UPDATE projector_heartbeat SET beaten_at = clock_timestamp()"


class SlowFollower:
    """Takes some seconds for what it is given at a time."""

    def __init__(self, seconds: float) -> None:
        self.taken = 0
        self._seconds = seconds

    def hear(self) -> None:
        pass

    def begin(self, at: Cursor) -> None:
        pass

    def publish(self, changes: Sequence[Change]) -> None:
        time.sleep(self._seconds)
        self.taken += len(changes)


@contextmanager
def followed(database_url: str, takes: float = 0.02) -> Iterator[tuple[Feed, SlowFollower]]:
    """A feed that has begun, and its follower."""
    feed, follower = Feed(database_url, 0), SlowFollower(takes)
    feed.start(follower)
    try:
        wait_for(lambda: feed.current)
        yield feed, follower
    finally:
        feed.stop()


@contextmanager
def projecting(database_url: str) -> Iterator[None]:
    """A row every 2 ms or so, by a projector that is alive."""
    ended = threading.Event()

    def project() -> None:
        with connect(database_url) as projector:
            while not ended.wait(0.002):
                projector.run(LOG_ROW, game_id="soccer:1")
                projector.run("NOTIFY odds_feed")
                projector.run(BEAT)

    thread = threading.Thread(target=project)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def behind(feed: Feed) -> float:
    """Seconds; without end where nothing is known."""
    return math.inf if feed.behind is None else feed.behind


def recovered(projector: Connection, told: Callable[[], float]) -> bool:
    """Whether what is told to be behind isn't any more, by a projector that is alive."""
    projector.run(BEAT)
    return told() < 1.0


def samples(seconds: float, sample: Callable[[], T]) -> list[T]:
    deadline = time.monotonic() + seconds
    taken = []
    while time.monotonic() < deadline:
        taken.append(sample())
        time.sleep(0.01)
    return taken


def test_a_feed_with_more_to_read_than_a_batch_for_long_is_current(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "BATCH", 1)  # every read is full
    monkeypatch.setattr(feed_module, "STALE_AFTER", 1.0)
    # The follower takes so long that each read finds a row on a slow machine too.
    with followed(postgres_url, takes=0.2) as (feed, follower), projecting(postgres_url):
        before = follower.taken
        wait_for(lambda: follower.taken > before + 100)
        time.sleep(1.0)  # until no look from before the load counts
        wait_for(lambda: feed.current)


@pytest.mark.parametrize("batch", [BATCH, 1])
def test_under_steady_load_a_feed_that_keeps_up_is_hardly_behind(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Though at every look there is something new, in reads that are full or are not."""
    monkeypatch.setattr(feed_module, "BATCH", batch)
    with projecting(postgres_url), followed(postgres_url) as (feed, follower):
        wait_for(lambda: follower.taken > 100 and behind(feed) < 2.0)
        # A tenth of a second on an idle machine; a busy one may stand still for longer.
        assert median(samples(6.0, lambda: behind(feed))) < 2.0


def test_a_feed_whose_next_change_is_held_back_is_behind_by_its_age(postgres_url: str) -> None:
    with (
        followed(postgres_url) as (feed, follower),
        connect(postgres_url) as older,
        connect(postgres_url) as newer,
    ):
        older.run("BEGIN")
        older.run("SELECT pg_current_xact_id()")
        began = time.monotonic()
        newer.run(LOG_ROW, game_id="soccer:1")
        for _ in range(20):
            newer.run(BEAT)
            time.sleep(0.1)
        assert 1.5 < behind(feed) <= time.monotonic() - began + 0.5
        older.run("ROLLBACK")
        wait_for(lambda: follower.taken == 1)
        wait_for(lambda: recovered(newer, lambda: behind(feed)))


def test_the_gauge_grows_while_a_transaction_that_is_open_holds_the_feed_back(
    postgres_url: str,
) -> None:
    """Though nothing is published that its lag could be told of."""
    reader = InMemoryMetricReader()
    metrics = Metrics(Telemetry("query_api", [reader]).meter())

    def told() -> float:
        return gauge(reader, "moneyline.query_api.feed.behind") or 0.0

    with (
        followed(postgres_url) as (feed, follower),
        connect(postgres_url) as older,
        connect(postgres_url) as newer,
    ):
        metrics.watch_feed(lambda: feed.behind)
        older.run("BEGIN")
        older.run("SELECT pg_current_xact_id()")
        began = time.monotonic()
        newer.run(LOG_ROW, game_id="soccer:1")
        newer.run(BEAT)
        newer.run("NOTIFY odds_feed")
        wait_for(lambda: 0 < told() <= time.monotonic() - began + 0.5)
        grown = []
        for _ in range(4):
            newer.run(BEAT)
            time.sleep(0.5)
            grown.append(told())
        assert grown == sorted(set(grown))
        assert 1.5 < grown[-1] <= time.monotonic() - began + 0.5
        older.run("ROLLBACK")
        wait_for(lambda: follower.taken == 1)
        wait_for(lambda: recovered(newer, told))


def test_the_gauge_tells_nothing_while_nothing_is_known() -> None:
    reader = InMemoryMetricReader()
    Metrics(Telemetry("query_api", [reader]).meter()).watch_feed(lambda: None)
    assert gauge(reader, "moneyline.query_api.feed.behind") is None
