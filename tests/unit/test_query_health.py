"""Readiness of the query service."""

import asyncio

import pytest
from starlette.requests import Request

from odds.adapters.guard.guard import OpenDoor
from query_api.feed.feed import Feed
from query_api.health import readiness
from query_api.stream.fanout import Fanout


class Following(Feed):
    """A feed that is as far as it is said to be."""

    def __init__(self, *, started: bool, current: bool) -> None:
        super().__init__("postgresql+pg8000://", 0)
        self._said = started, current

    @property
    def started(self) -> bool:
        return self._said[0]

    @property
    def current(self) -> bool:
        return self._said[1]


@pytest.mark.parametrize(
    ("started", "current", "status"), [(True, True, 200), (False, True, 503), (True, False, 503)]
)
def test_who_asks_for_a_stream_of_a_service_that_is_ready_gets_one(
    started: bool, current: bool, status: int
) -> None:
    async def answered() -> int:
        feed = Following(started=started, current=current)
        ready = readiness(feed, Fanout(1, 1), OpenDoor())
        return (await ready(Request({"type": "http"}))).status_code

    assert asyncio.run(answered()) == status
