"""What the contract of Pub/Sub is held against: a server, and a topic's ordinary use of it."""

from typing import Any, NamedTuple

import grpc
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage, PullRequest, ReceivedMessage

AT_ONCE: dict[str, Any] = {"retry": None, "timeout": 30.0}


class PubSub(NamedTuple):
    """Google's own clients of one server; names are of one project that nobody else uses."""

    publisher: PublisherClient
    subscriber: SubscriberClient
    project: str

    def topic(self, name: str = "topic") -> str:
        return f"projects/{self.project}/topics/{name}"

    def subscription(self, name: str = "subscription") -> str:
        return f"projects/{self.project}/subscriptions/{name}"

    def create(self, topic: str = "topic", name: str = "subscription", **config: Any) -> str:
        """A topic with a subscription, whose path is returned."""
        self.publisher.create_topic(name=self.topic(topic), **AT_ONCE)
        return self.subscribe(topic, name, **config)

    def subscribe(self, topic: str = "topic", name: str = "subscription", **config: Any) -> str:
        request = {"name": self.subscription(name), "topic": self.topic(topic), **config}
        created = self.subscriber.create_subscription(request=request, **AT_ONCE)
        return str(created.name)

    def publish(self, *data: bytes, key: str = "", topic: str = "topic", **more: Any) -> list[str]:
        """In one request; the ids."""
        messages = [PubsubMessage(data=each, ordering_key=key, **more) for each in data]
        request = {"topic": self.topic(topic), "messages": messages}
        return list(self.publisher.publish(request=request, **AT_ONCE).message_ids)

    def pull(
        self, most: int = 100, name: str = "subscription", *, seconds: float = 20.0
    ) -> list[ReceivedMessage]:
        """What there is; waits so long until there is something."""
        request = {"subscription": self.subscription(name), "max_messages": most}
        try:
            answer = self.subscriber.pull(request=request, retry=None, timeout=seconds)
        except DeadlineExceeded:
            return []
        return list(answer.received_messages)

    def pull_data(
        self, count: int, name: str = "subscription", *, seconds: float = 20.0
    ) -> list[bytes]:
        """So many messages, acknowledged."""
        data: list[bytes] = []
        while len(data) < count:
            received = self.pull(count - len(data), name, seconds=seconds)
            assert received, f"only {data} came"
            data += [each.message.data for each in received]
            self.acknowledge(received, name)
        return data

    def acknowledge(self, received: list[ReceivedMessage], name: str = "subscription") -> None:
        self.subscriber.acknowledge(
            subscription=self.subscription(name),
            ack_ids=[each.ack_id for each in received],
            **AT_ONCE,
        )

    def hold(self, received: list[ReceivedMessage], seconds: int) -> None:
        """Zero gives them back."""
        self.subscriber.modify_ack_deadline(
            subscription=self.subscription(),
            ack_ids=[each.ack_id for each in received],
            ack_deadline_seconds=seconds,
            **AT_ONCE,
        )

    def is_empty(self, name: str = "subscription") -> bool:
        """Past the client, which warns of an answer that doesn't wait."""
        request = PullRequest(
            subscription=self.subscription(name), max_messages=1, return_immediately=True
        )
        pull: Any = self.subscriber.transport.pull
        return not pull(request, timeout=10).received_messages


def clients(host: str, project: str) -> PubSub:
    channel = grpc.insecure_channel(host)
    return PubSub(
        PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
        SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
        project,
    )
