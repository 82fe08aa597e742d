"""Publishing events to the bus: Pub/Sub topics."""

from google.api_core.exceptions import (
    Aborted,
    DeadlineExceeded,
    GoogleAPICallError,
    InternalServerError,
    ResourceExhausted,
    RetryError,
    ServiceUnavailable,
)
from google.api_core.retry import Retry, if_exception_type
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from odds import event_codec
from odds.adapters import emulator
from odds.event import Event
from odds.event_bus import EventBus

_PublishRequest = PublishRequest.pb()

_is_transient = if_exception_type(
    Aborted, DeadlineExceeded, InternalServerError, ResourceExhausted, ServiceUnavailable
)


class EventBusUnavailable(Exception):
    """The bus didn't take the event in time; the command may be sent again."""


def connect(emulator_host: str | None) -> PublisherClient:
    """A client of the emulator where there is one, else of the service; opens no connection yet."""
    if emulator_host is None:
        return PublisherClient()
    transport = PublisherGrpcTransport(channel=emulator.channel(emulator_host))
    return PublisherClient(transport=transport)


class EventPublisher:
    """Publishes events to the topics that the event bus routes them to, each in its own request.

    The request carries the event's ordering key, and nothing is held or retried once ``publish``
    has returned. So a publish that failed leaves no key paused and no message behind that could
    come late, both of which the batching client does with ordering keys.
    """

    def __init__(
        self, client: PublisherClient, bus: EventBus, topic_path: str, *, timeout: float
    ) -> None:
        """``topic_path`` goes before each topic's name; ``timeout`` of a publish is in seconds."""
        self._client = client
        self._bus = bus
        self._topic_path = topic_path
        self._timeout = timeout
        self._retry = Retry(predicate=_is_transient, initial=0.05, maximum=1.0, timeout=timeout)

    def publish(self, event: Event) -> None:
        """Return once the bus has durably taken the event. Raises EventBusUnavailable."""
        payload = event.command.payload
        topic, ordering_key = self._bus.route(
            event.command.event_velocity, event.command.domain, event.game_type, payload.game_id
        )
        message = PubsubMessage.pb()(
            data=event_codec.encode(event),
            attributes=event_codec.attributes(event),
            ordering_key=ordering_key,
        )
        request = _PublishRequest(topic=self._topic_path + topic, messages=[message])
        try:
            self._client.publish(
                PublishRequest.wrap(request), retry=self._retry, timeout=self._timeout
            )
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{topic}: {error}") from error

    def ping(self) -> None:
        """Raises EventBusUnavailable where the bus doesn't answer or lacks a topic."""
        topic = self._topic_path + self._bus.topics()[0].name
        try:
            self._client.get_topic(topic=topic, retry=None, timeout=self._timeout)
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{topic}: {error}") from error
