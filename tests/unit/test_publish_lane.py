"""Which messages share a request, and what becomes of them when the way to the bus is closed."""

import asyncio
from collections.abc import Sequence

import pytest
from google.pubsub_v1.types import PubsubMessage

from odds.adapters.event_bus.publish_call import MessageRefused, PublishFailed
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
        taken += [lane.put(PubsubMessage(), deadline) for deadline in (1.1, 1.9, 5.0, 5.5, 1.2)]
        bus.open.set()
        await asyncio.gather(*taken)
        assert bus.requests == [(1, 1.0)] * busy + [(2, 1.1), (2, 5.0), (1, 1.2)]

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


@pytest.mark.parametrize("ordered", [True, False])
def test_a_message_that_is_no_good_fails_alone_and_the_others_keep_their_order(
    ordered: bool,
) -> None:
    taken: list[bytes] = []

    async def take(messages: Sequence[PubsubMessage], _: float) -> None:
        await asyncio.sleep(0)
        data = [message.data for message in messages]
        if any(each.startswith(b"bad") for each in data):
            raise MessageRefused("one of them is no good")
        taken.extend(data)

    async def scenario() -> None:
        lane = PublishLane(take, ordered=ordered)
        data = [f"bad{n}".encode() if n in (0, 5, 6) else str(n).encode() for n in range(100)]
        waited = [lane.put(PubsubMessage(data=each), 1.0) for each in data]
        fates = await asyncio.gather(*waited, return_exceptions=True)
        failed = [each for each, fate in zip(data, fates, strict=True) if fate is not None]
        assert failed == [b"bad0", b"bad5", b"bad6"]
        good = [each for each in data if not each.startswith(b"bad")]
        assert (taken if ordered else sorted(taken)) == (good if ordered else sorted(good))
        assert lane.idle

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_what_is_behind_a_failure_within_a_halved_request_fails_too() -> None:
    requests: list[list[bytes]] = []

    async def fail(messages: Sequence[PubsubMessage], _: float) -> None:
        requests.append([message.data for message in messages])
        await asyncio.sleep(0)
        if b"3" in requests[-1]:
            raise MessageRefused("3 is no good")
        if b"1" in requests[-1]:
            raise PublishFailed("away")

    async def scenario() -> None:
        lane = PublishLane(fail, ordered=True)
        waited = [lane.put(PubsubMessage(data=b"%d" % number), 1.0) for number in range(5)]
        fates = await asyncio.gather(*waited, return_exceptions=True)
        assert [str(fate) for fate in fates] == ["away"] * 5

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert requests == [[b"0", b"1", b"2", b"3", b"4"], [b"0", b"1"]]
