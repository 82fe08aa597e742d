"""What the feed says of itself under load: whether it is current, and how far behind."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from query_api.cursor import Cursor
from query_api.feed import feed as feed_module
from query_api.feed.change import Change
from query_api.feed.feed import Feed
from tests.integration.test_query_feed import LOG_ROW, connect
from tests.waiting import wait_for

BEAT = "UPDATE projector_heartbeat SET beaten_at = clock_timestamp()"


class SlowFollower:
    """Takes 20 ms for what it is given at a time."""

    def __init__(self) -> None:
        self.taken = 0

    def hear(self) -> None:
        pass

    def begin(self, at: Cursor) -> None:
        pass

    def publish(self, changes: Sequence[Change]) -> None:
        time.sleep(0.02)
        self.taken += len(changes)


@contextmanager
def followed(database_url: str) -> Iterator[tuple[Feed, SlowFollower]]:
    """A feed that has begun, and its follower."""
    feed, follower = Feed(database_url, 0), SlowFollower()
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


def samples(seconds: float, sample: Callable[[], object]) -> list[object]:
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
    with followed(postgres_url) as (feed, follower), projecting(postgres_url):
        assert all(samples(3.0, lambda: feed.current))
        assert follower.taken > 100
