"""The feed's connections in a process that has many more."""

import os
import resource
from collections.abc import Iterator

import pytest

from query_api.feed.feed_connection import FeedConnection
from tests.integration.query_service import DEADLINE, Market

SELECT_ENDS_AT = 1024


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """All that ``select`` can take are in use, as with a thousand readers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * SELECT_ENDS_AT, hard), hard))
    opened = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while opened[-1] < SELECT_ENDS_AT:
            opened.append(os.dup(opened[0]))
        yield
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_news_are_waited_for_beside_a_thousand_readers(postgres_url: str) -> None:
    market = Market(postgres_url)
    with FeedConnection(postgres_url) as feed:
        feed.wait_for_news(0.01)
        before = feed.log.horizon()
        market.new()
        feed.wait_for_news(DEADLINE)
        assert len(feed.log.after(before)) == 1
    market.engine.dispose()
