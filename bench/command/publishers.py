"""The publishers that the command service's own is measured beside. They block."""

import os

from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.pubsub_v1.types import BatchSettings, PublisherOptions
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from odds import event_codec
from odds.adapters.event_bus import publisher
from odds.event import Event
from odds.event_bus import EventBus

TOPIC_PATH = "projects/bench/topics/"
TIMEOUT = 5.0


class Unpublished:
    """Publishes nothing."""

    async def publish(self, event: Event) -> None:
        pass

    def ping(self) -> None:
        pass


class Library(Unpublished):
    """The batching client of google-cloud-pubsub, with ordering keys and 1 ms of latency."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._client = PublisherClient(
            BatchSettings(max_latency=0.001), PublisherOptions(enable_message_ordering=True)
        )

    async def publish(self, event: Event) -> None:
        topic, ordering_key = route(self._bus, event)
        data, attributes = event_codec.encode(event), event_codec.attributes(event)
        future = self._client.publish(TOPIC_PATH + topic, data, ordering_key, **attributes)
        future.result(TIMEOUT)


class OneRequestEach(Unpublished):
    """The low-level client, a request for each command."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._client = publisher.connect(os.environ["PUBSUB_EMULATOR_HOST"])

    async def publish(self, event: Event) -> None:
        topic, ordering_key = route(self._bus, event)
        message = PubsubMessage.pb()(
            data=event_codec.encode(event),
            attributes=event_codec.attributes(event),
            ordering_key=ordering_key,
        )
        request = PublishRequest.pb()(topic=TOPIC_PATH + topic, messages=[message])
        self._client.publish(PublishRequest.wrap(request), timeout=TIMEOUT)


def route(bus: EventBus, event: Event) -> tuple[str, str]:
    command = event.command
    return bus.route(
        command.event_velocity, command.domain, event.game_type, command.payload.game_id
    )
