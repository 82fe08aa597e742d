"""The event bus in a Pub/Sub emulator: topics, and their push subscriptions to the projector."""

from datetime import timedelta
from typing import Any

import grpc
from google.api_core.exceptions import AlreadyExists
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from odds.event_bus import EventBus, Topic

# The emulator is there when it is asked; by itself the client would ask one that has just been
# stopped for a minute.
_AT_ONCE: dict[str, Any] = {"retry": None, "timeout": 10.0}
_UNCHANGING = {"name", "topic", "enable_message_ordering"}


class LocalBus:
    """``prefix`` stands in front of each topic's name, as TOPIC_PREFIX does for the services."""

    def __init__(
        self, host: str, project: str, bus: EventBus, prefix: str, *, with_policies: bool
    ) -> None:
        """Without policies a message is pushed until it is taken, and never dead-lettered."""
        self._project = project
        self._bus = bus
        self._prefix = prefix
        self._with_policies = with_policies
        channel = grpc.insecure_channel(host)
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))

    def create(self, projector_url: str) -> None:
        """Make what is missing; subscriptions of earlier runs are made to be as these would be."""
        self._create_topic(self._bus.dead_letter.topic)
        self._create_subscription(
            {
                "name": self._subscription_path(self._bus.dead_letter.subscription),
                "topic": self._topic_path(self._bus.dead_letter.topic),
            }
        )
        for topic in self._bus.topics():
            self._create_topic(topic.name)
            self._push(topic, projector_url + self._bus.subscription.push_path)

    def stop_pushing(self) -> None:
        """Keep what is not delivered: a push to nobody would be tried every second for ever."""
        for topic in self._bus.topics():
            request = {"subscription": self._push_name(topic), "push_config": {}}
            self._subscriber.modify_push_config(request=request, **_AT_ONCE)

    def _push(self, topic: Topic, endpoint: str) -> None:
        request = {
            "name": self._push_name(topic),
            "topic": self._topic_path(topic.name),
            "push_config": {"push_endpoint": endpoint},
            "ack_deadline_seconds": self._bus.subscription.ack_deadline_seconds,
            "enable_message_ordering": topic.ordered_by_game,
            **(self._policies() if self._with_policies else {}),
        }
        if not self._create_subscription(request):
            mask = {"paths": sorted(request.keys() - _UNCHANGING)}
            change = {"subscription": request, "update_mask": mask}
            self._subscriber.update_subscription(request=change, **_AT_ONCE)

    def _policies(self) -> dict[str, object]:
        subscription = self._bus.subscription
        return {
            "retry_policy": {
                "minimum_backoff": timedelta(seconds=subscription.min_backoff_seconds),
                "maximum_backoff": timedelta(seconds=subscription.max_backoff_seconds),
            },
            "dead_letter_policy": {
                "dead_letter_topic": self._topic_path(self._bus.dead_letter.topic),
                "max_delivery_attempts": subscription.max_delivery_attempts,
            },
        }

    def _create_topic(self, name: str) -> None:
        try:
            self._publisher.create_topic(name=self._topic_path(name), **_AT_ONCE)
        except AlreadyExists:
            return

    def _create_subscription(self, request: dict[str, object]) -> bool:
        try:
            self._subscriber.create_subscription(request=request, **_AT_ONCE)
        except AlreadyExists:
            return False
        return True

    def _topic_path(self, name: str) -> str:
        return f"projects/{self._project}/topics/{self._prefix}{name}"

    def _subscription_path(self, name: str) -> str:
        return f"projects/{self._project}/subscriptions/{self._prefix}{name}"

    def _push_name(self, topic: Topic) -> str:
        return self._subscription_path(self._bus.subscription.name.format(topic=topic.name))
