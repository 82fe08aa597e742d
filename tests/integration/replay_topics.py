"""What tests of replays share: topics of a test's own, and what is replayed to them."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage, Subscription

from odds.adapters import emulator
from odds.adapters.event_bus import publisher
from odds.command import EventVelocity
from odds.event import Event, accept
from replayer.replay import Replay
from replayer.workshop import Workshop
from tests.examples import NOW, command

HIGH = "events-high-odds-soccer"
MEDIUM = "events-medium-soccer"


class Topics(NamedTuple):
    """Each has a subscription that the test pulls from."""

    publisher: PublisherClient
    subscriber: SubscriberClient
    project: str

    def create(self, *names: str) -> None:
        for name in names:
            self.create_one(name, name)

    def create_one(self, topic: str, subscription: str) -> None:
        self.publisher.create_topic(name=self._path("topics", topic))
        self.subscribe(topic, subscription)

    def subscribe(self, topic: str, subscription: str) -> None:
        self.subscriber.create_subscription(
            Subscription(
                name=self._path("subscriptions", subscription),
                topic=self._path("topics", topic),
                enable_message_ordering=True,
                ack_deadline_seconds=600,
            )
        )

    def pull(self, name: str, count: int) -> list[PubsubMessage]:
        """So many messages, each at most a minute after the one before."""
        messages: list[PubsubMessage] = []
        while len(messages) < count:
            messages += self._next(name)
        return messages

    def pull_distinct(self, name: str, count: int) -> list[PubsubMessage]:
        """Messages until so many different events have come, as slowly."""
        messages: list[PubsubMessage] = []
        while len(set(ids(messages))) < count:
            messages += self._next(name)
        return messages

    def pull_until(self, name: str, event_id: str) -> list[PubsubMessage]:
        """All messages up to those among which the event is, each at most a minute after the one
        before."""
        messages: list[PubsubMessage] = []
        while event_id not in ids(messages):
            messages += self._next(name)
        return messages

    def _next(self, name: str) -> list[PubsubMessage]:
        path = self._path("subscriptions", name)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(DeadlineExceeded):
                answer = self.subscriber.pull(
                    subscription=path, max_messages=1000, retry=None, timeout=10
                )
                if answer.received_messages:
                    ack_ids = [each.ack_id for each in answer.received_messages]
                    self.subscriber.acknowledge(subscription=path, ack_ids=ack_ids)
                    return [each.message for each in answer.received_messages]
        raise AssertionError(f"no message came to {name}")

    def _path(self, kind: str, name: str) -> str:
        return f"projects/{self.project}/{kind}/{name}"


def topics_of(host: str, project: str) -> Topics:
    channel = emulator.channel(host)
    subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    return Topics(publisher.connect(host), subscriber, project)


def added(workshop: Workshop, **parameters: Any) -> str:
    asked = {"domain": "odds", "env": "local"} | {
        name.rstrip("_"): str(value) for name, value in parameters.items()
    }
    return workshop.add(workshop.read(asked)).replay_id


def replayed(workshop: Workshop, **parameters: Any) -> Replay:
    return workshop.run(added(workshop, **parameters))


def high(number: int, game: str = "soccer:1") -> Event:
    asked = command(velocity=EventVelocity.HIGH, game_id=game, request_id=f"{game}{number}")
    return accept(asked, None, "soccer", now=NOW + number)


def ids(messages: Sequence[PubsubMessage]) -> list[str]:
    return [message.attributes["event_id"] for message in messages]


def event_ids(events: Sequence[Event]) -> list[str]:
    return [str(event.event_id) for event in events]
