"""Which messages share a request, and what becomes of them when the way to the bus is closed."""

import asyncio
from collections.abc import Sequence

import pytest
from google.pubsub_v1.types import PubsubMessage

from odds.adapters.event_bus.publish_call import PublishFailed
from odds.adapters.event_bus.publish_lane import UNORDERED_REQUESTS, PublishLane


class Bus:
    """Takes requests once it is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.requests: list[tuple[int, float]] = []
        """How many messages each had, and its deadline."""

    async def send(self, messages: Sequence[PubsubMessage], deadline: float) -> None:
        self.requests.append((len(messages), deadline))
        await self.open.wait()


@pytest.mark.parametrize("ordered", [True, False])
def test_a_message_shares_no_request_with_one_whose_time_is_nearly_over(ordered: bool) -> None:
    async def scenario() -> None:
        bus = Bus()
        lane = PublishLane(bus.send, ordered=ordered)
        busy = 1 if ordered else UNORDERED_REQUESTS
        taken = []
        for _ in range(busy):
            taken.append(lane.put(PubsubMessage(), 1.0))
            await asyncio.sleep(0)
        taken += [lane.put(PubsubMessage(), deadline) for deadline in (1.1, 1.9, 5.0, 5.5)]
        bus.open.set()
        await asyncio.gather(*taken)
        assert bus.requests == [(1, 1.0)] * busy + [(2, 1.1), (2, 5.0)]

    asyncio.run(asyncio.wait_for(scenario(), 10))


@pytest.mark.parametrize("ordered", [True, False])
def test_a_lane_whose_request_is_cancelled_fails_all_that_it_holds(ordered: bool) -> None:
    async def scenario() -> None:
        bus = Bus()

        async def cut(messages: Sequence[PubsubMessage], deadline: float) -> None:
            await bus.send(messages, deadline)
            raise asyncio.CancelledError  # as grpc.aio does when its channel is closed

        lane = PublishLane(cut, ordered=ordered)
        taken = [lane.put(PubsubMessage(), 1.0) for _ in range(UNORDERED_REQUESTS + 2)]
        await asyncio.sleep(0)
        bus.open.set()
        fates = await asyncio.gather(*taken, return_exceptions=True)
        assert {type(fate) for fate in fates} == {PublishFailed}
        assert lane.idle

    asyncio.run(asyncio.wait_for(scenario(), 10))
