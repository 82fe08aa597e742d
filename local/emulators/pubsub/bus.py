"""All topics and subscriptions, and the way of a message from the one to the other."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from local.emulators.pubsub import configs, dead_letter
from local.emulators.pubsub.api import Subscription as SubscriptionConfig
from local.emulators.pubsub.api import Topic as TopicConfig
from local.emulators.pubsub.backlog import Delivery
from local.emulators.pubsub.message import Message, message_ids, stamp
from local.emulators.pubsub.store import Store
from local.emulators.pubsub.subscription import Subscription
from local.emulators.pubsub.topic import Topic
from local.emulators.refusal import Refusal, not_found

_Known = TypeVar("_Known")
DELETED_TOPIC = "_deleted-topic_"

_log = logging.getLogger(__name__)


class Bus:
    """Every change is in the store before it is answered or seen.

    What changes it goes on to its end, also where the client that asked for it has gone.
    """

    def __init__(self, store: Store, follow: Callable[[Subscription], None]) -> None:
        """``follow`` is told of each subscription that there is, once."""
        self._store = store
        self._follow = follow
        self._ids = message_ids()
        self._being_made: set[str] = set()
        self.topics: dict[str, Topic] = {}
        self.subscriptions: dict[str, Subscription] = {}

    async def load(self) -> None:
        """What an earlier process left."""
        self._ids = message_ids(after=await self._store.last_id())
        for number, config in await self._store.configs("topic"):
            topic = Topic(number, TopicConfig.FromString(config))
            self.topics[topic.config.name] = topic
        for number, config in await self._store.configs("subscription"):
            subscription = self._subscription(number, SubscriptionConfig.FromString(config))
            self._listen(subscription)
        await self.expire(time.time_ns() // 1000)
        for subscription in self.subscriptions.values():
            subscription.reload(*await self._store.backlog(subscription.number))

    def topic(self, name: str) -> Topic:
        """Raises Refusal, NOT_FOUND."""
        return _found(self.topics, name)

    def subscription(self, name: str) -> Subscription:
        """Raises Refusal, NOT_FOUND."""
        return _found(self.subscriptions, name)

    async def create_topic(self, config: Any) -> None:
        await asyncio.shield(self._create_topic(config))

    async def create_subscription(self, config: Any) -> None:
        """It gets what is published from now on; what its topic retains, once it is sought."""
        await asyncio.shield(self._create_subscription(config))

    async def publish(self, topic: Topic, messages: Sequence[Any]) -> list[str]:
        """The ids of PubsubMessages, once they are stored."""
        return await asyncio.shield(self._publish(topic, messages))

    async def seek(self, subscription: Subscription, time: int) -> None:
        """To a time in microseconds since the epoch."""
        await asyncio.shield(self._seek(subscription, time))

    async def _create_topic(self, config: Any) -> None:
        with self._making(config.name):
            topic = Topic(next(self._ids), config)
            await self._store.keep_config("topic", topic.number, config)
            self.topics[config.name] = topic

    async def _create_subscription(self, config: Any) -> None:
        topic = self.topic(config.topic)
        with self._making(config.name):
            subscription = self._subscription(next(self._ids), config)
            await self._store.keep_config("subscription", subscription.number, config)
            if self.topics.get(config.topic) is not topic:  # deleted meanwhile
                await self._store.drop_subscription(subscription.number)
                raise not_found(config.topic)
            self._listen(subscription)

    async def change_topic(self, topic: Topic, config: Any) -> None:
        topic.config = config
        await self._store.keep_config("topic", topic.number, config)

    async def change_subscription(self, subscription: Subscription, config: Any) -> None:
        subscription.configure(config)
        await self._store.keep_config("subscription", subscription.number, config)

    async def delete_topic(self, name: str) -> None:
        """Its subscriptions stay, with what they have to give out."""
        topic = self.topic(name)
        del self.topics[name]
        for subscription in topic.subscriptions:
            orphan = SubscriptionConfig()
            orphan.CopyFrom(subscription.config)
            orphan.topic = DELETED_TOPIC
            subscription.configure(orphan)
        orphans = [(each.number, each.config) for each in topic.subscriptions]
        await self._store.drop_topic(topic.number, orphans)

    async def delete_subscription(self, name: str) -> None:
        subscription = self.subscription(name)
        del self.subscriptions[name]
        if (topic := self.topics.get(subscription.config.topic)) is not None:
            topic.subscriptions.remove(subscription)
        subscription.delete()
        await self._store.drop_subscription(subscription.number)

    async def _publish(self, topic: Topic, messages: Sequence[Any]) -> list[str]:
        stamped = [stamp(message, next(self._ids)) for message in messages]
        wanted = {
            subscription: _wanted(subscription, stamped, messages)
            for subscription in topic.subscriptions
        }
        if topic.retains or any(wanted.values()):
            pairs = [(each.number, message.id) for each in wanted for message in wanted[each]]
            self._store.add(topic.number, stamped, pairs)
            await self._store.commit()
        for subscription, some in wanted.items():
            subscription.add(some)
        return [message.message_id for message in messages]

    async def _seek(self, subscription: Subscription, time: int) -> None:
        topic = self.topics.get(subscription.config.topic)
        retained = topic.number if topic is not None and topic.retains else None
        keep = subscription.config.retain_acked_messages
        self._store.seek(subscription.number, time, retained, keep)
        subscription.reload(*await self._store.backlog(subscription.number))

    async def expire(self, now: int) -> None:
        """Drop what was kept for long enough; ``now`` is in microseconds since the epoch."""
        for subscription in self.subscriptions.values():
            kept = subscription.config.retain_acked_messages
            before = now - self._retained(subscription)
            self._store.expire_backlog(subscription.number, before, kept)
            subscription.expire(before)
        retaining = [topic for topic in self.topics.values() if topic.retains]
        kept = {each.number: configs.retained_microseconds(each.config) for each in retaining}
        self._store.expire_messages(now, kept)
        await self._store.commit()

    def _retained(self, subscription: Subscription) -> int:
        """As long as it asks for, and as its topic keeps messages for all to seek back to."""
        topic = self.topics.get(subscription.config.topic)
        configs_of_both = [subscription.config] + ([topic.config] if topic is not None else [])
        return max(map(configs.retained_microseconds, configs_of_both))

    @contextmanager
    def _making(self, name: str) -> Iterator[None]:
        """Nobody else may make one of the name. Raises Refusal, ALREADY_EXISTS."""
        if name in self.topics or name in self.subscriptions or name in self._being_made:
            raise Refusal(grpc.StatusCode.ALREADY_EXISTS, f"Resource already exists: {name}.")
        self._being_made.add(name)
        try:
            yield
        finally:
            self._being_made.remove(name)

    def _subscription(self, number: int, config: Any) -> Subscription:
        return Subscription(number, config, self._ids, self._settled, self._set_aside)

    def _listen(self, subscription: Subscription) -> None:
        self.subscriptions[subscription.config.name] = subscription
        if (topic := self.topics.get(subscription.config.topic)) is not None:
            topic.subscriptions.append(subscription)
        self._follow(subscription)

    def _settled(self, subscription: Subscription, messages: Sequence[Message]) -> None:
        if subscription.config.retain_acked_messages:
            self._store.mark_acknowledged(subscription.number, messages)
            return
        self._store.forget(subscription.number, messages)
        topic = self.topics.get(subscription.config.topic)
        if topic is None or not topic.retains:
            self._store.drop_messages(messages)

    async def _set_aside(self, subscription: Subscription, delivery: Delivery) -> bool:
        topic = self.topics.get(subscription.config.dead_letter_policy.dead_letter_topic)
        if topic is None:
            return False
        try:
            await self.publish(topic, [dead_letter.letter(subscription.config, delivery)])
        except sqlite3.Error as error:
            _log.warning("message %s is not dead-lettered: %r", delivery.message.id, error)
            return False
        return True


def _wanted(
    subscription: Subscription, stamped: Sequence[Message], messages: Sequence[Any]
) -> list[Message]:
    wanted = subscription.wanted
    return [
        each for each, message in zip(stamped, messages, strict=True) if wanted(message.attributes)
    ]


def _found(known: dict[str, _Known], name: str) -> _Known:
    if (found := known.get(name)) is None:
        raise not_found(name)
    return found
