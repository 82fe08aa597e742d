"""Requests that wait for their event, over a log that a test fills."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Set
from uuid import UUID, uuid4

import pytest

from query_api.read_model.event_waiters import EventWaiters
from query_api.read_model.queries import EventRequest
from query_api.read_model.reader import ReadModelAway


class Log:
    """What is projected, and what was asked for at each look."""

    def __init__(self) -> None:
        self.projected: set[UUID] = set()
        self.looks: list[Set[UUID]] = []
        self.error: Exception | None = None

    async def known(self, event_ids: Set[UUID]) -> Set[UUID]:
        self.looks.append(event_ids)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return event_ids & self.projected

    async def looked(self, times: int) -> None:
        while len(self.looks) < times:
            await asyncio.sleep(0)


Scenario = Callable[[Log, EventWaiters], Awaitable[None]]


def play(scenario: Scenario) -> Log:
    async def run() -> Log:
        log = Log()
        waiters = EventWaiters(log.known, 60.0)
        watching = asyncio.create_task(waiters.watch())
        try:
            await asyncio.wait_for(scenario(log, waiters), 10)
        finally:
            watching.cancel()
        return log

    return asyncio.run(run())


def waiting(waiters: EventWaiters, event_id: UUID, seconds: float = 60.0) -> "asyncio.Task[None]":
    return asyncio.create_task(waiters.wait(EventRequest(event_id, seconds)))


def test_an_event_that_is_there_is_not_waited_for() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        log.projected.add(UUID(int=1))
        await waiting(waiters, UUID(int=1))

    assert play(scenario).looks == [{UUID(int=1)}]


def test_who_waits_goes_on_once_there_is_news_of_the_event() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        mine, others = waiting(waiters, UUID(int=1)), waiting(waiters, UUID(int=2))
        await log.looked(1)
        log.projected.add(UUID(int=1))
        waiters.look()
        await mine
        assert not others.done()
        others.cancel()

    play(scenario)


def test_all_who_wait_share_one_look() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        many = [waiting(waiters, UUID(int=number % 7)) for number in range(500)]
        await log.looked(1)
        log.projected.update(UUID(int=number) for number in range(7))
        waiters.look()
        await asyncio.gather(*many)

    assert [len(look) for look in play(scenario).looks] == [7, 7]


def test_news_that_comes_during_a_look_brings_another() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        mine = waiting(waiters, UUID(int=1))
        await log.looked(1)
        waiters.look()
        waiters.look()
        log.projected.add(UUID(int=1))
        await mine

    assert len(play(scenario).looks) == 2


def test_without_anybody_who_waits_news_costs_no_look() -> None:
    async def scenario(_: Log, waiters: EventWaiters) -> None:
        waiters.look()
        await asyncio.sleep(0.01)
        await waiters.wait(EventRequest(uuid4()))

    assert play(scenario).looks == []


def test_a_wait_ends_after_its_seconds_and_is_forgotten() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        began = time.monotonic()
        await waiting(waiters, UUID(int=1), 0.05)
        assert 0.05 <= time.monotonic() - began < 60
        waiters.look()
        await asyncio.sleep(0.01)

    assert len(play(scenario).looks) == 1


@pytest.mark.parametrize("error", [ReadModelAway(), ValueError("nobody thought of it")])
def test_where_the_log_can_not_be_looked_at_nobody_is_held(error: Exception) -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        log.error = error
        await waiting(waiters, UUID(int=1))
        log.error = None
        log.projected.add(UUID(int=2))
        await waiting(waiters, UUID(int=2))

    play(scenario)


def test_at_the_end_nobody_is_held() -> None:
    async def scenario(log: Log, waiters: EventWaiters) -> None:
        held = waiting(waiters, UUID(int=1))
        await log.looked(1)
        waiters.end()
        await held
        await waiting(waiters, UUID(int=2))

    play(scenario)
