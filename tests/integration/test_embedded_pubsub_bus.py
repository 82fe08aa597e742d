"""Our Pub/Sub emulator's bus: calls that are cut short, a clock that goes back, a failing store."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.pubsub_v1.types import PullRequest

from local.emulators.pubsub import api, configs, retention
from local.emulators.pubsub.bus import Bus
from local.emulators.pubsub.journal import Journal
from local.emulators.pubsub.message import Body
from local.emulators.pubsub.store import Store
from local.emulators.pubsub.subscriber import SubscriberServicer
from local.emulators.refusal import Refusal

TOPIC = "projects/test/topics/topic"
SUBSCRIPTION = "projects/test/subscriptions/subscription"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pubsub.sqlite"


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Bus]:
    store = Store(file, durable=False)
    try:
        bus = Bus(store, lambda _: None)
        await bus.load()
        yield bus
    finally:
        await store.close()


async def make(bus: Bus, **config: Any) -> None:
    await bus.create_topic(configs.new_topic(api.Topic(name=TOPIC)))
    asked = api.Subscription(name=SUBSCRIPTION, topic=TOPIC, **config)
    await bus.create_subscription(configs.new_subscription(asked))


async def publish(bus: Bus, data: bytes) -> None:
    await bus.publish(bus.topic(TOPIC), [Body(data=data, ordering_key="k")])


async def taken(bus: Bus, count: int) -> list[bytes]:
    """So many messages, once they are there; they stay out."""
    data: list[bytes] = []
    async with asyncio.timeout(10):
        while len(data) < count:
            leases = bus.subscription(SUBSCRIPTION).lease(count, 10**6, 60)
            data += [lease.delivery.message.parsed.data for lease in leases]
            await asyncio.sleep(0.01)
    return data


async def cut_short(call: Any) -> None:
    task = asyncio.create_task(call)
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_what_was_published_is_delivered_though_its_publisher_went_away(file: Path) -> None:
    async def run() -> None:
        async with opened(file) as bus:
            await make(bus)
            await cut_short(publish(bus, b"a"))
            assert await taken(bus, 1) == [b"a"]

    asyncio.run(run())


def test_a_topic_is_deleted_to_the_end_though_its_client_went_away(file: Path) -> None:
    async def run() -> None:
        async with opened(file) as bus:
            await make(bus)
            await cut_short(bus.delete_topic(TOPIC))
        async with opened(file) as bus:
            assert not bus.topics
            assert bus.subscription(SUBSCRIPTION).config.topic == "_deleted-topic_"

    asyncio.run(run())


def test_what_is_being_committed_when_the_journal_is_closed_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"

    async def write() -> None:
        journal = Journal(file, "CREATE TABLE number (n);", durable=False)
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 300000)"
        reading = asyncio.create_task(journal.read(f"{numbers} SELECT max(i) FROM n"))
        await asyncio.sleep(0)
        journal.write("INSERT INTO number VALUES (?)", [(1,)])
        committing = asyncio.create_task(journal.commit())
        for _ in range(5):
            await asyncio.sleep(0)
        committing.cancel()
        await journal.close()
        await reading

    asyncio.run(write())
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT n FROM number").fetchall() == [(1,)]


def test_messages_are_delivered_after_the_clock_went_back(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_hour_ahead = time.time_ns() + 3600 * 10**9

    async def before() -> None:
        async with opened(file) as bus:
            await make(bus, enable_message_ordering=True)
            await publish(bus, b"before")

    async def after() -> None:
        async with opened(file) as bus:
            await publish(bus, b"after")
            assert await taken(bus, 2) == [b"before", b"after"]

    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time_ns", lambda: an_hour_ahead)
        asyncio.run(before())
    asyncio.run(after())


def test_nothing_is_left_of_a_topic_and_a_subscription_that_are_deleted(file: Path) -> None:
    async def run() -> None:
        async with opened(file) as bus:
            await make(bus)
            await publish(bus, b"a")
            await bus.delete_topic(TOPIC)
            await bus.delete_subscription(SUBSCRIPTION)
            await bus.expire(time.time_ns() // 1000 + 1)

    asyncio.run(run())
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM message").fetchone() == (0,)
    connection.close()


def test_a_message_that_could_not_be_dead_lettered_comes_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> list[str]:
        raise sqlite3.OperationalError("disk I/O error")

    async def run() -> None:
        async with opened(file) as bus:
            policy = {"dead_letter_topic": TOPIC, "max_delivery_attempts": 5}
            await make(bus, dead_letter_policy=policy, enable_message_ordering=True)
            await publish(bus, b"a")
            monkeypatch.setattr(bus, "publish", fails)
            (lease,) = bus.subscription(SUBSCRIPTION).lease(1, 10**6, 60)
            lease.delivery.attempt = 5
            bus.subscription(SUBSCRIPTION).prolong([lease.receipt], 0)
            assert await taken(bus, 1) == [b"a"]

    asyncio.run(run())


def test_what_is_too_old_goes_though_the_store_failed_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with opened(file) as bus:
            expired = asyncio.Event()
            failures = [sqlite3.OperationalError("database is locked")]

            async def expire(_: int) -> None:
                if failures:
                    raise failures.pop()
                expired.set()

            monkeypatch.setattr(bus, "expire", expire)
            monkeypatch.setattr(retention, "_SECONDS", 0.0)
            async with retention.expiring(bus), asyncio.timeout(10):
                await expired.wait()

    asyncio.run(run())


def test_a_pull_ends_when_its_subscription_is_deleted(file: Path) -> None:
    async def run() -> None:
        async with opened(file) as bus:
            await make(bus)
            request = PullRequest.pb()(subscription=SUBSCRIPTION, max_messages=1)
            pull = asyncio.create_task(SubscriberServicer(bus).pull(request))
            await asyncio.sleep(0)
            await bus.delete_subscription(SUBSCRIPTION)
            with pytest.raises(Refusal) as refused:
                await asyncio.wait_for(pull, timeout=10)
            assert refused.value.code == grpc.StatusCode.NOT_FOUND

    asyncio.run(run())
