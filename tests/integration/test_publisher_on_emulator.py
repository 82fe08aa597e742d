"""The publisher when the Pub/Sub emulator, which keeps what it has taken, does wrong."""

import time
from collections.abc import Callable, Iterator

import pytest
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from local.emulators import faults
from local.emulators.faults import Fault, Wrong
from odds import event_codec
from odds.adapters import emulator
from odds.adapters.event_bus import event_bus_file, publisher
from odds.adapters.event_bus.publisher import EventBusOverloaded, EventBusUnavailable
from odds.command import EventVelocity
from odds.event import Event
from tests.examples import new
from tests.paths import ROOT
from tests.publishing import BlockingPublisher, publishing

TIMEOUT = 1.5
TOPIC = "events-high-odds-soccer"


@pytest.fixture
def pull(embedded_pubsub_host: str, project: str) -> Iterator[Callable[[], list[Event]]]:
    """The events that the topic of the tests has now, which is made first."""
    path = f"projects/{project}/subscriptions/{TOPIC}"
    topic = f"projects/{project}/topics/{TOPIC}"
    client = publisher.connect(embedded_pubsub_host)
    client.create_topic(name=topic)
    client.transport.close()  # type: ignore[no-untyped-call]
    channel = emulator.channel(embedded_pubsub_host)
    subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    subscription = Subscription(name=path, topic=topic, enable_message_ordering=True)
    subscriber.create_subscription(subscription)

    def pull() -> list[Event]:
        answer = subscriber.pull(subscription=path, max_messages=100)
        return [event_codec.decode(each.message.data).event for each in answer.received_messages]

    yield pull
    channel.close()


@pytest.fixture
def events(embedded_pubsub_host: str, project: str) -> Iterator[BlockingPublisher]:
    topics = event_bus_file.load(ROOT / "event_bus.yaml")
    path = f"projects/{project}/topics/"
    with publishing(embedded_pubsub_host, topics, path, timeout=TIMEOUT) as events:
        yield events


def tell(host: str, *told: Fault) -> None:
    with emulator.channel(host) as channel:
        faults.tell(channel, *told)


def event() -> Event:
    return new(velocity=EventVelocity.HIGH)


def test_what_is_refused_for_now_is_taken_once_in_the_order_of_the_game(
    embedded_pubsub_host: str, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    sent = [event() for _ in range(20)]
    tell(embedded_pubsub_host, Fault(Wrong.REFUSE, "Publish", times=3))
    for taken in [events.start(each) for each in sent]:
        taken.result(10)
    assert pull() == sent


def test_a_late_answer_fails_by_the_deadline_and_fills_its_topic_alone(
    embedded_pubsub_host: str,
    pull: Callable[[], list[Event]],
    events: BlockingPublisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "MAX_IN_HAND", 3)
    tell(embedded_pubsub_host, Fault(Wrong.DELAY, "Publish", seconds=TIMEOUT * 2))
    began = time.monotonic()
    waiting = [events.start(event()) for _ in range(3)]
    with pytest.raises(EventBusOverloaded):
        events.publish(event())
    for each in waiting:
        with pytest.raises(EventBusUnavailable):
            each.result(10)
    assert time.monotonic() - began < TIMEOUT + 1
    after = event()
    events.publish(after)
    assert after in pull()


def test_what_is_in_hand_when_the_publisher_is_closed_fails_at_once(
    embedded_pubsub_host: str, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    events.publish(event())
    tell(embedded_pubsub_host, Fault(Wrong.DELAY, "Publish", seconds=TIMEOUT * 2))
    waiting = [events.start(event()) for _ in range(3)]
    began = time.monotonic()
    events.close()
    for each in waiting:
        with pytest.raises(EventBusUnavailable):
            each.result(10)
    assert time.monotonic() - began < TIMEOUT
    assert len(pull()) == 1
