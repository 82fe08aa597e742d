"""Topics of a test's own, each with a subscription that the test pulls from."""

from typing import NamedTuple

from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage, Subscription

from odds.adapters import emulator, publisher


class Topics(NamedTuple):
    publisher: PublisherClient
    subscriber: SubscriberClient
    project: str

    def create(self, *names: str) -> None:
        for name in names:
            self.create_one(name, name)

    def create_one(self, topic: str, subscription: str) -> None:
        self.publisher.create_topic(name=self._path("topics", topic))
        self.subscriber.create_subscription(
            Subscription(
                name=self._path("subscriptions", subscription),
                topic=self._path("topics", topic),
                enable_message_ordering=True,
                ack_deadline_seconds=600,
            )
        )

    def pull(self, name: str, count: int) -> list[PubsubMessage]:
        """So many messages. Blocks until they are there."""
        path = self._path("subscriptions", name)
        messages: list[PubsubMessage] = []
        while len(messages) < count:
            received = self.subscriber.pull(subscription=path, max_messages=1000).received_messages
            messages += [each.message for each in received]
            if received:
                ack_ids = [each.ack_id for each in received]
                self.subscriber.acknowledge(subscription=path, ack_ids=ack_ids)
        return messages

    def pull_distinct(self, name: str, count: int) -> list[PubsubMessage]:
        """Messages until so many different events have come. Blocks until they have."""
        messages: list[PubsubMessage] = []
        while len({message.attributes["event_id"] for message in messages}) < count:
            messages += self.pull(name, 1)
        return messages

    def _path(self, kind: str, name: str) -> str:
        return f"projects/{self.project}/{kind}/{name}"


def topics_of(host: str, project: str) -> Topics:
    channel = emulator.channel(host)
    subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    return Topics(publisher.connect(host), subscriber, project)
