"""Publishing events to the bus: Pub/Sub topics."""

import asyncio
from collections import Counter
from functools import partial

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PubsubMessage

from odds import event_codec
from odds.adapters import emulator
from odds.adapters.event_bus.publish_call import PublishCall, PublishFailed
from odds.adapters.event_bus.publish_lane import PublishLane
from odds.adapters.telemetry import tracing
from odds.event import Event
from odds.event_bus import EventBus, Route

MAX_IN_HAND = 250
"""Events that may be on their way to one topic at once; the next one is refused. Of one topic: what
hangs there must not keep others from theirs."""


class EventBusUnavailable(Exception):
    """The bus didn't take the event in time; the command may be sent again."""


class EventBusOverloaded(Exception):
    """Too many events are on their way to the topic already; this one was not taken, and may be
    sent again."""


def connect(emulator_host: str | None) -> PublisherClient:
    """A client of the emulator where there is one, else of the service; opens no connection yet."""
    if emulator_host is None:
        # By itself the client goes to PUBSUB_EMULATOR_HOST, which may be another environment's.
        return PublisherClient(transport=PublisherGrpcTransport(always_use_jwt_access=True))
    transport = PublisherGrpcTransport(channel=emulator.channel(emulator_host))
    return PublisherClient(transport=transport)


class EventPublisher:
    """Publishes events to the topics that the event bus routes them to, from an event loop.

    Each ordering key has one request in flight. Nothing is held or sent once ``publish`` has
    failed: no key stays paused and no message comes late, both of which the batching client of
    google-cloud-pubsub does with ordering keys.
    """

    def __init__(
        self,
        call: PublishCall,
        probe: PublisherClient,
        bus: EventBus,
        topic_path: str,
        *,
        timeout: float,
    ) -> None:
        """``topic_path`` goes before each topic's name; ``timeout`` of a publish is in seconds."""
        self._call = call
        self._probe = probe
        self._bus = bus
        self._topic_path = topic_path
        self._timeout = timeout
        self._lanes: dict[Route, PublishLane] = {}
        self._in_hand: Counter[str] = Counter()

    async def publish(self, event: Event) -> None:
        """Return once the bus has durably taken the event.

        Raises EventBusUnavailable within the timeout, or EventBusOverloaded at once.
        """
        route = self._route(event)
        if self._in_hand[route.topic] >= MAX_IN_HAND:
            raise EventBusOverloaded(f"{MAX_IN_HAND} events are on their way already")
        deadline = asyncio.get_running_loop().time() + self._timeout
        taken = self._lane(route).put(_message(event, route.ordering_key), deadline)
        self._in_hand[route.topic] += 1
        taken.add_done_callback(partial(self._settled, route))
        try:
            # The event stays in hand when the caller has gone.
            await asyncio.shield(taken)
        except PublishFailed as error:
            raise EventBusUnavailable(str(error)) from error

    def ping(self) -> None:
        """Raises EventBusUnavailable where the bus doesn't answer or lacks a topic.

        For a thread of its own: it blocks for up to the timeout.
        """
        topic = self._topic_path + self._bus.topics()[0].name
        try:
            self._probe.get_topic(topic=topic, retry=None, timeout=self._timeout)
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{topic}: {error}") from error

    async def close(self) -> None:
        """Disconnect; whatever is still in hand fails."""
        await self._call.close()

    def _route(self, event: Event) -> Route:
        command = event.command
        return self._bus.route(
            command.event_velocity, command.domain, event.game_type, command.payload.game_id
        )

    def _lane(self, route: Route) -> PublishLane:
        lane = self._lanes.get(route)
        if lane is None:
            send = partial(self._call, self._topic_path + route.topic)
            lane = self._lanes[route] = PublishLane(send, ordered=bool(route.ordering_key))
        return lane

    def _settled(self, route: Route, _: "asyncio.Future[None]") -> None:
        self._in_hand[route.topic] -= 1
        lane = self._lanes.get(route)
        if lane is not None and lane.idle:
            del self._lanes[route]


def _message(event: Event, ordering_key: str) -> PubsubMessage:
    message: PubsubMessage = PubsubMessage.pb()(
        data=event_codec.encode(event),
        attributes=event_codec.attributes(event) | tracing.carried(),
        ordering_key=ordering_key,
    )
    return message
