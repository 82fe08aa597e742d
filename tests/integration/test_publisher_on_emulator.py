"""The publisher when the Pub/Sub emulator, which keeps what it has taken, does wrong."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial

import pytest
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from local.emulators import faults
from local.emulators.faults import Fault, Wrong
from odds import event_codec
from odds.adapters import emulator
from odds.adapters.event_bus import event_bus_file, publish_lane, publisher
from odds.adapters.event_bus.publisher import EventBusOverloaded, EventBusUnavailable
from odds.command import EventVelocity
from odds.event import Event
from tests.examples import new
from tests.paths import ROOT
from tests.publishing import BlockingPublisher, publishing

PATIENT = 60.0
HASTY = 6.0
SLACK = 30.0
"""Seconds that a busy machine may take on top."""
TOPIC = "events-high-odds-soccer"
HELD = Fault(Wrong.DELAY, "Publish", seconds=6.0)
"""Has what comes meanwhile wait for the next request."""


Tell = Callable[..., None]


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
    with _publishing(embedded_pubsub_host, project, PATIENT) as events:
        yield events


@pytest.fixture
def hasty(embedded_pubsub_host: str, project: str) -> Iterator[BlockingPublisher]:
    with _publishing(embedded_pubsub_host, project, HASTY) as events:
        yield events


def _publishing(
    host: str, project: str, timeout: float
) -> AbstractContextManager[BlockingPublisher]:
    topics = event_bus_file.load(ROOT / "event_bus.yaml")
    return publishing(host, topics, f"projects/{project}/topics/", timeout=timeout)


@pytest.fixture
def tell(embedded_pubsub_host: str) -> Iterator[Tell]:
    with emulator.channel(embedded_pubsub_host) as channel:
        yield partial(faults.tell, channel)
        faults.tell(channel)


def event() -> Event:
    return new(velocity=EventVelocity.HIGH)


def publish_together(events: BlockingPublisher, sent: Sequence[Event]) -> None:
    for taken in [events.start(each) for each in sent]:
        taken.result(60)


def test_what_is_refused_for_now_is_taken_once_in_the_order_of_the_game(
    tell: Tell, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    sent = [event() for _ in range(20)]
    tell(Fault(Wrong.REFUSE, "Publish", times=3))
    publish_together(events, sent)
    assert pull() == sent


def test_what_waits_behind_what_failed_fails_too_and_does_not_overtake_it(
    tell: Tell,
    pull: Callable[[], list[Event]],
    events: BlockingPublisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publish_lane, "MAX_BATCH", 2)
    sent = [event() for _ in range(6)]
    tell(HELD, Fault(Wrong.REFUSE, "Publish", code="PERMISSION_DENIED"))
    failures = [each.exception(60) for each in [events.start(each) for each in sent[:5]]]
    taken = failures.count(None)
    assert taken in (1, 2)  # in the first request
    assert [type(each) for each in failures[taken:]] == [EventBusUnavailable] * (5 - taken)
    events.publish(sent[5])
    assert pull() == [*sent[:taken], sent[5]]


def test_a_request_whose_answer_is_lost_is_repeated_before_any_later_one(
    tell: Tell, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    sent = [event() for _ in range(6)]
    tell(HELD, Fault(Wrong.LOSE_ANSWER, "Publish"))
    publish_together(events, sent[:5])
    events.publish(sent[5])
    came = pull()
    repeated = len(came) - len(sent)
    assert repeated > 0
    assert any(
        came == [*sent[:end], *sent[end - repeated : end], *sent[end:]]
        for end in range(repeated, len(sent) + 1)
    )


def test_a_request_under_which_the_connection_is_cut_is_taken_in_its_order_on_another_one(
    tell: Tell, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    sent = [event() for _ in range(6)]
    tell(HELD, Fault(Wrong.CUT_CONNECTIONS, "Publish"))
    publish_together(events, sent[:5])
    events.publish(sent[5])
    assert pull() == sent


def test_a_late_answer_fails_by_the_deadline_and_fills_its_topic_alone(
    tell: Tell,
    pull: Callable[[], list[Event]],
    hasty: BlockingPublisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "MAX_IN_HAND", 3)
    tell(Fault(Wrong.DELAY, "Publish", seconds=HASTY * 2))
    began = time.monotonic()
    waiting = [hasty.start(event()) for _ in range(3)]
    with pytest.raises(EventBusOverloaded):
        hasty.publish(event())
    for each in waiting:
        with pytest.raises(EventBusUnavailable):
            each.result(60)
    assert time.monotonic() - began < HASTY + SLACK
    after = event()
    hasty.publish(after)
    assert after in pull()


def test_what_is_in_hand_when_the_publisher_is_closed_fails_at_once(
    tell: Tell, pull: Callable[[], list[Event]], events: BlockingPublisher
) -> None:
    events.publish(event())
    tell(Fault(Wrong.DELAY, "Publish", seconds=PATIENT * 2))
    waiting = [events.start(event()) for _ in range(3)]
    began = time.monotonic()
    events.close()
    for each in waiting:
        with pytest.raises(EventBusUnavailable):
            each.result(60)
    assert time.monotonic() - began < PATIENT / 2
    assert len(pull()) == 1
