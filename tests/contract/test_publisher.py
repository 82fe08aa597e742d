"""What publishing promises, asked of the Pub/Sub that PUBSUB_EMULATOR_HOST would name."""

from collections.abc import Iterator

import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from odds import event_codec
from odds.adapters import emulator
from odds.adapters.event_bus import event_bus_file, publisher
from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.command import EventVelocity
from odds.event import Event, accept
from tests.examples import NOW, command, new, update
from tests.paths import ROOT
from tests.publishing import BlockingPublisher, publishing

BUS = event_bus_file.load(ROOT / "event_bus.yaml")


@pytest.fixture
def client(pubsub_host: str) -> PublisherClient:
    return publisher.connect(pubsub_host)


@pytest.fixture
def subscriber(pubsub_host: str) -> SubscriberClient:
    channel = emulator.channel(pubsub_host)
    return SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


class Topics:
    """Topics of one project, each with a subscription that the test pulls from."""

    def __init__(self, client: PublisherClient, subscriber: SubscriberClient, project: str) -> None:
        self.path = f"projects/{project}/topics/"
        self._client = client
        self._subscriber = subscriber

    def create(self, name: str) -> None:
        self._client.create_topic(name=self.path + name)
        subscription = Subscription(
            name=self._subscription(name), topic=self.path + name, enable_message_ordering=True
        )
        self._subscriber.create_subscription(subscription)

    def pull(self, name: str, count: int) -> list[Event]:
        events: list[Event] = []
        while len(events) < count:
            answer = self._subscriber.pull(subscription=self._subscription(name), max_messages=100)
            for received in answer.received_messages:
                message = received.message
                event = event_codec.decode(message.data).event
                assert dict(message.attributes) == event_codec.attributes(event)
                events.append(event)
        return events

    def _subscription(self, name: str) -> str:
        return self.path.replace("topics", "subscriptions") + name


@pytest.fixture
def topics(client: PublisherClient, subscriber: SubscriberClient, project: str) -> Topics:
    return Topics(client, subscriber, project)


@pytest.fixture
def events(pubsub_host: str, topics: Topics) -> Iterator[BlockingPublisher]:
    with publishing(pubsub_host, BUS, topics.path, timeout=10.0) as events:
        yield events


def of_velocity(velocity: EventVelocity) -> Event:
    return accept(command(velocity=velocity), None, "soccer", now=NOW)


@pytest.mark.parametrize(
    ("velocity", "topic"),
    [
        (EventVelocity.HIGH, "events-high-odds-soccer"),
        (EventVelocity.MEDIUM, "events-medium-soccer"),
        (EventVelocity.LOW, "events-low"),
    ],
)
def test_an_event_is_on_the_topic_of_its_velocity_tier(
    topics: Topics, events: BlockingPublisher, velocity: EventVelocity, topic: str
) -> None:
    topics.create(topic)
    event = of_velocity(velocity)
    events.publish(event)
    assert topics.pull(topic, 1) == [event]


def test_events_of_a_game_keep_their_order_on_the_high_tier(
    topics: Topics, events: BlockingPublisher
) -> None:
    topics.create("events-high-odds-soccer")
    created = new()
    sent = [
        accept(command(velocity=EventVelocity.HIGH), created.external_id, "soccer", now=NOW + n)
        for n in range(30)
    ]
    for event in sent:
        events.publish(event)
    assert topics.pull("events-high-odds-soccer", 30) == sent


def test_after_a_publish_that_failed_the_next_of_its_game_is_not_stuck(
    topics: Topics, events: BlockingPublisher
) -> None:
    with pytest.raises(EventBusUnavailable, match="events-high-odds-soccer"):
        events.publish(of_velocity(EventVelocity.HIGH))
    topics.create("events-high-odds-soccer")
    event = of_velocity(EventVelocity.HIGH)
    events.publish(event)
    assert topics.pull("events-high-odds-soccer", 1) == [event]


def test_a_bus_that_is_away_is_said_so_within_the_timeout(topics: Topics) -> None:
    with publishing("127.0.0.1:1", BUS, topics.path, timeout=0.3) as away:
        with pytest.raises(EventBusUnavailable):
            away.publish(update(new()))
        with pytest.raises(EventBusUnavailable):
            away.ping()


def test_the_bus_is_ready_when_its_topics_are_there(
    topics: Topics, events: BlockingPublisher
) -> None:
    with pytest.raises(EventBusUnavailable):
        events.ping()
    topics.create(BUS.topics()[0].name)
    events.ping()
