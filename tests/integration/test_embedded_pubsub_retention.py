"""How long our Pub/Sub emulator keeps messages, by a clock that the test moves."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.emulators.pubsub import api, configs
from local.emulators.pubsub.bus import Bus
from local.emulators.pubsub.message import Body
from local.emulators.pubsub.store import Store
from local.emulators.pubsub.subscription import Subscription

TOPIC = "projects/test/topics/topic"
HOUR = 3600 * 1_000_000
DAY = 24 * HOUR


class Kept:
    """A bus with one topic and one subscription, to which messages are published."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.began = time.time_ns() // 1000

    async def make(self, topic_hours: int = 0, **config: bool) -> None:
        topic = api.Topic(name=TOPIC)
        if topic_hours:
            topic.message_retention_duration.FromSeconds(topic_hours * 3600)
        await self.bus.create_topic(configs.new_topic(topic))
        asked = api.Subscription(name=TOPIC.replace("topic", "subscription"), topic=TOPIC, **config)
        asked.message_retention_duration.FromSeconds(3600)
        await self.bus.create_subscription(configs.new_subscription(asked))

    async def publish(self, *data: bytes) -> None:
        messages = [Body(data=each, ordering_key="k") for each in data]
        await self.bus.publish(self.bus.topic(TOPIC), messages)

    @property
    def subscription(self) -> Subscription:
        (subscription,) = self.bus.subscriptions.values()
        return subscription

    def take(self, *, acknowledge: bool = True) -> list[bytes]:
        leases = self.subscription.lease(100, 10**6, 60)
        if acknowledge:
            self.subscription.acknowledge([lease.receipt for lease in leases])
        return [lease.delivery.message.parsed.data for lease in leases]

    async def expire(self, after: int) -> None:
        await self.bus.expire(time.time_ns() // 1000 + after)

    async def seek_back(self) -> None:
        await self.bus.seek(self.subscription, self.began)


Test = Callable[[Kept], Awaitable[None]]


def in_a_bus(tmp_path: Path, test: Test) -> None:
    async def run() -> None:
        async with _kept(tmp_path / "pubsub.sqlite") as kept:
            await test(kept)

    asyncio.run(run())


@asynccontextmanager
async def _kept(file: Path) -> AsyncIterator[Kept]:
    store = Store(file, durable=False)
    try:
        yield Kept(Bus(store, lambda _: None))
    finally:
        await store.close()


@pytest.mark.parametrize("ordered", [True, False])
def test_what_nobody_acknowledges_goes_when_its_time_is_over(tmp_path: Path, ordered: bool) -> None:
    async def expired(kept: Kept) -> None:
        await kept.make(enable_message_ordering=ordered)
        await kept.publish(b"old", b"older")
        await kept.expire(HOUR - 60_000_000)
        await kept.seek_back()
        assert kept.take(acknowledge=False) == [b"old", b"older"]
        await kept.seek_back()
        await kept.expire(HOUR)
        await kept.publish(b"new")
        assert kept.take() == [b"new"]
        await kept.seek_back()
        assert kept.take() == []

    in_a_bus(tmp_path, expired)


@pytest.mark.parametrize("ordered", [True, False])
def test_what_a_topic_retains_is_there_for_as_long_as_it_says(
    tmp_path: Path, ordered: bool
) -> None:
    async def expired(kept: Kept) -> None:
        await kept.make(topic_hours=24, enable_message_ordering=ordered)
        await kept.publish(b"taken")
        assert kept.take() == [b"taken"]
        await kept.publish(b"waits")
        await kept.expire(DAY - HOUR)
        assert kept.take() == [b"waits"]
        await kept.seek_back()
        assert kept.take() == [b"taken", b"waits"]
        await kept.expire(DAY)
        await kept.seek_back()
        assert kept.take() == []

    in_a_bus(tmp_path, expired)


def test_acknowledged_messages_are_kept_only_where_that_is_asked_for(tmp_path: Path) -> None:
    async def expired(kept: Kept) -> None:
        await kept.make(retain_acked_messages=True)
        await kept.publish(b"taken")
        assert kept.take() == [b"taken"]
        await kept.seek_back()
        assert kept.take() == [b"taken"]
        config = api.Subscription.FromString(kept.subscription.config.SerializeToString())
        config.retain_acked_messages = False
        await kept.bus.change_subscription(kept.subscription, config)
        await kept.expire(0)
        await kept.seek_back()
        assert kept.take() == []

    in_a_bus(tmp_path, expired)
