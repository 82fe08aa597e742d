"""Messages that are pulled: acknowledged, given back, held; in order, filtered, sought."""

import queue
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.types import PublisherOptions
from google.pubsub_v1.types import PullRequest, StreamingPullRequest

from tests.contract.differences import google_differs
from tests.contract.pubsub import AT_ONCE, PubSub
from tests.waiting import wait_for

ORDERING = "https://cloud.google.com/pubsub/docs/ordering"
FILTERS = "https://cloud.google.com/pubsub/docs/subscription-message-filter"
RETRY = "https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff"
FLOW = "https://cloud.google.com/pubsub/docs/flow-control-messages"
REPLAY = "https://cloud.google.com/pubsub/docs/replay-overview"
DEAD_LETTERS = "https://cloud.google.com/pubsub/docs/handling-failures"


def test_a_message_is_pulled_as_it_was_published(pubsub: PubSub) -> None:
    pubsub.create()
    before = datetime.now(UTC) - timedelta(seconds=1)
    (published,) = pubsub.publish(b"\0\xff", key="k", attributes={"name": "é"})
    (received,) = pubsub.pull()
    message = received.message
    assert (message.data, dict(message.attributes)) == (b"\0\xff", {"name": "é"})
    assert (message.message_id, message.ordering_key) == (published, "k")
    assert before < message.publish_time < before + timedelta(seconds=20)  # type: ignore[operator]
    assert received.delivery_attempt == 0


def test_what_is_acknowledged_does_not_come_again_and_the_rest_does(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.publish(b"a", b"b")
    received = pubsub.pull(1) + pubsub.pull(1)
    pubsub.acknowledge(received[:1])
    pubsub.hold(received[1:], 0)
    assert pubsub.pull_data(1) == [received[1].message.data]
    assert pubsub.is_empty()


def test_each_subscription_gets_its_own(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.subscribe(name="another")
    pubsub.publish(b"a")
    assert pubsub.pull_data(1) == pubsub.pull_data(1, "another") == [b"a"]


def test_a_message_comes_again_when_its_time_is_over(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.publish(b"a")
    received = pubsub.pull()
    began = time.monotonic()
    pubsub.hold(received, 1)
    assert pubsub.pull_data(1) == [b"a"]
    assert time.monotonic() - began > 0.5


def test_a_message_that_is_held_longer_stays_away(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.publish(b"a")
    wait_for(lambda: _is_held_longer_in_time(pubsub), seconds=60)
    time.sleep(2.5)
    assert pubsub.is_empty()


def _is_held_longer_in_time(pubsub: PubSub) -> bool:
    """Not where the machine stood still until the message's time was over; it is given back."""
    received = pubsub.pull()
    began = time.monotonic()
    pubsub.hold(received, 2)
    pubsub.hold(received, 60)
    in_time = time.monotonic() - began < 1.5
    if not in_time:
        pubsub.hold(received, 0)
    return in_time


def test_a_pull_waits_for_a_message(pubsub: PubSub) -> None:
    path = pubsub.create()
    pulled = pubsub.subscriber.transport.pull.future(  # type: ignore[attr-defined]
        PullRequest(subscription=path, max_messages=1), timeout=10
    )
    pubsub.publish(b"a")
    assert [each.message.data for each in pulled.result().received_messages] == [b"a"]


def test_a_pull_of_no_messages_is_refused(pubsub: PubSub) -> None:
    path = pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.subscriber.pull(subscription=path, max_messages=0, **AT_ONCE)


def test_a_key_keeps_its_order(pubsub: PubSub) -> None:
    pubsub.create(enable_message_ordering=True)
    sent = {key: [b"%s%d" % (key.encode(), number) for number in range(50)] for key in "kl"}
    for pair in zip(*sent.values(), strict=True):
        for key, data in zip(sent, pair, strict=True):
            pubsub.publish(data, key=key)
    received = pubsub.pull_data(100)
    for key, data in sent.items():
        assert [each for each in received if each.startswith(key.encode())] == data


def test_a_key_has_one_batch_out_at_a_time(pubsub: PubSub) -> None:
    pubsub.create(enable_message_ordering=True)
    pubsub.publish(b"1", b"2", b"3", key="k")
    first = pubsub.pull(2)
    assert [each.message.data for each in first] == [b"1", b"2"]
    assert pubsub.is_empty()
    pubsub.acknowledge(first)
    assert pubsub.pull_data(1) == [b"3"]


@google_differs("pubsub_host", "keeps what follows until its time is over", ORDERING)
def test_what_follows_a_message_that_was_given_back_comes_again_after_it(
    pubsub: PubSub, patience: float
) -> None:
    pubsub.create(enable_message_ordering=True, ack_deadline_seconds=60)
    pubsub.publish(b"1", b"2", b"3", key="k")
    received = pubsub.pull()
    pubsub.hold(received[:1], 0)
    assert pubsub.pull_data(3, seconds=patience) == [b"1", b"2", b"3"]


@google_differs("pubsub_host", "gives out again only what was not acknowledged", ORDERING)
def test_even_what_was_acknowledged_comes_again_after_an_earlier_one_of_its_key(
    pubsub: PubSub,
) -> None:
    pubsub.create(enable_message_ordering=True)
    pubsub.publish(b"1", b"2", b"3", key="k")
    received = pubsub.pull()
    pubsub.acknowledge(received[1:2])
    pubsub.hold(received[:1], 0)
    assert [each.message.data for each in pubsub.pull()] == [b"1", b"2", b"3"]


@google_differs("pubsub_host", "lets nothing that is pulled rest", RETRY, strict=False)
def test_a_retry_policy_lets_a_message_rest(pubsub: PubSub) -> None:
    backoff = {"minimum_backoff": timedelta(seconds=2), "maximum_backoff": timedelta(seconds=4)}
    pubsub.create(retry_policy=backoff)
    pubsub.publish(b"a")
    received = pubsub.pull()
    began = time.monotonic()
    pubsub.hold(received, 0)
    assert pubsub.pull_data(1) == [b"a"]
    assert time.monotonic() - began > 1.5


@google_differs("pubsub_host", "doesn't give up what is pulled", DEAD_LETTERS)
def test_a_message_that_nobody_takes_is_dead_lettered(pubsub: PubSub, patience: float) -> None:
    _a_message_is_dead_lettered(pubsub, patience, ordered=False)


@google_differs("pubsub_host", "never gives an ordered message up", DEAD_LETTERS)
def test_a_message_of_a_key_is_dead_lettered_and_lets_the_next_one_pass(
    pubsub: PubSub, patience: float
) -> None:
    _a_message_is_dead_lettered(pubsub, patience, ordered=True)


def _a_message_is_dead_lettered(pubsub: PubSub, patience: float, ordered: bool) -> None:
    pubsub.create("dead", "letters")
    policy = {"dead_letter_topic": pubsub.topic("dead"), "max_delivery_attempts": 5}
    pubsub.create(dead_letter_policy=policy, enable_message_ordering=ordered)
    pubsub.publish(b"bad", key="k", attributes={"name": "value"})
    for attempt in range(1, 6):
        received = pubsub.pull(seconds=patience)
        assert [each.delivery_attempt for each in received] == [attempt]
        pubsub.hold(received, 0)
    (letter,) = pubsub.pull(name="letters", seconds=patience)
    assert (letter.message.data, letter.message.ordering_key) == (b"bad", "k")
    attributes = dict(letter.message.attributes)
    assert attributes["name"] == "value"
    prefix = "CloudPubSubDeadLetterSource"
    assert attributes[f"{prefix}Subscription"] == "subscription"
    assert attributes[f"{prefix}DeliveryCount"] == "5"
    pubsub.publish(b"good", key="k")
    assert pubsub.pull_data(1) == [b"good"]


@google_differs("pubsub_host", "keeps filters and heeds none", FILTERS)
@pytest.mark.parametrize(
    ("wanted", "come"),
    [
        ('attributes.lang = "en"', "a"),
        ('attributes.lang != "en"', "bc"),
        ("attributes:iana", "ab"),
        ("NOT attributes:iana", "c"),
        ('hasPrefix(attributes.iana, "x-")', "b"),
        ('attributes:iana AND -(attributes.lang="en" OR attributes."lang"="fr")', "b"),
    ],
    ids=["equal", "different", "there", "not there", "prefix", "nested"],
)
def test_a_filter_lets_through_what_it_names(pubsub: PubSub, wanted: str, come: str) -> None:
    pubsub.create(filter=wanted)
    pubsub.publish(b"a", attributes={"lang": "en", "iana": "e"})
    pubsub.publish(b"b", attributes={"lang": "de", "iana": "x-d"})
    pubsub.publish(b"c")
    pubsub.publish(b"end", attributes={"lang": "en", "iana": "e"})
    pubsub.publish(b"end", attributes={"lang": "de", "iana": "x-d"})
    pubsub.publish(b"end")
    received = pubsub.pull_data(2 * len(come))
    assert sorted(data.decode() for data in received if data != b"end") == list(come)
    assert pubsub.is_empty()


@google_differs("pubsub_host", "takes some of what is no filter", FILTERS)
@pytest.mark.parametrize(
    "wanted",
    [
        "attributes",
        'data = "x"',
        'attributes.a = "x" AND',
        'attributes.a = "x',
        "x" * 257,
        "attributes:a AND attributes:b OR attributes:c",
        "attributes.a = x",
        'attributes.a = "\\q"',
    ],
    ids=["no more", "data", "no end", "open", "long", "mixed", "bare", "escape"],
)
def test_what_is_no_filter_is_refused(pubsub: PubSub, wanted: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.create(filter=wanted)


def test_a_seek_to_a_time_acknowledges_what_was_before(pubsub: PubSub) -> None:
    path = pubsub.create()
    pubsub.publish(b"old")
    time.sleep(0.1)
    pubsub.subscriber.seek(request={"subscription": path, "time": datetime.now(UTC)}, **AT_ONCE)
    time.sleep(0.1)
    pubsub.publish(b"new")
    assert pubsub.pull_data(1) == [b"new"]
    assert pubsub.is_empty()


@pytest.mark.parametrize("kept_by", ["subscription", "topic"])
def test_a_seek_back_brings_what_was_acknowledged(pubsub: PubSub, kept_by: str) -> None:
    if kept_by == "topic":
        topic = {"name": pubsub.topic(), "message_retention_duration": timedelta(hours=1)}
        pubsub.publisher.create_topic(request=topic, **AT_ONCE)
        path = pubsub.subscribe()
    else:
        path = pubsub.create(retain_acked_messages=True)
    before = datetime.now(UTC) - timedelta(seconds=1)
    pubsub.publish(b"a", b"b")
    assert pubsub.pull_data(2) == [b"a", b"b"]
    pubsub.subscriber.seek(request={"subscription": path, "time": before}, **AT_ONCE)
    assert pubsub.pull_data(2) == [b"a", b"b"]
    assert pubsub.is_empty()


@google_differs("pubsub_host", "gives a new subscription what its topic retains", REPLAY)
def test_a_new_subscription_gets_what_its_topic_retains_only_by_a_seek(pubsub: PubSub) -> None:
    topic = {"name": pubsub.topic(), "message_retention_duration": timedelta(hours=1)}
    pubsub.publisher.create_topic(request=topic, **AT_ONCE)
    before = datetime.now(UTC) - timedelta(seconds=1)
    pubsub.publish(b"old")
    path = pubsub.subscribe()
    pubsub.publish(b"new")
    assert pubsub.pull_data(1) == [b"new"]
    assert pubsub.is_empty()
    pubsub.subscriber.seek(request={"subscription": path, "time": before}, **AT_ONCE)
    assert sorted(pubsub.pull_data(2)) == [b"new", b"old"]


@google_differs("pubsub_host", "keeps filters and heeds none", FILTERS)
def test_a_seek_back_brings_nothing_that_the_filter_holds_back(pubsub: PubSub) -> None:
    topic = {"name": pubsub.topic(), "message_retention_duration": timedelta(hours=1)}
    pubsub.publisher.create_topic(request=topic, **AT_ONCE)
    path = pubsub.subscribe(filter="attributes:wanted")
    before = datetime.now(UTC) - timedelta(seconds=1)
    pubsub.publish(b"a")
    pubsub.publish(b"b", attributes={"wanted": "yes"})
    assert pubsub.pull_data(1) == [b"b"]
    pubsub.subscriber.seek(request={"subscription": path, "time": before}, **AT_ONCE)
    assert pubsub.pull_data(1) == [b"b"]
    assert pubsub.is_empty()


class Stream:
    """A streaming pull, driven by hand."""

    def __init__(self, pubsub: PubSub, **first: Any) -> None:
        self._requests: queue.SimpleQueue[StreamingPullRequest | None] = queue.SimpleQueue()
        path = pubsub.subscription()
        self.send(subscription=path, stream_ack_deadline_seconds=10, **first)
        requests = iter(self._requests.get, None)
        self.responses = iter(pubsub.subscriber.streaming_pull(requests=requests, timeout=30.0))

    def send(self, **request: Any) -> None:
        self._requests.put(StreamingPullRequest(**request))

    def data(self, count: int) -> Iterator[tuple[bytes, str]]:
        """So many messages, with their receipts."""
        while count > 0:
            for received in next(self.responses).received_messages:
                yield received.message.data, received.ack_id
                count -= 1

    def close(self) -> None:
        self._requests.put(None)


@google_differs("pubsub_host", "brings more than that in one response", FLOW)
def test_a_stream_brings_no_more_than_its_subscriber_can_hold(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.publish(b"1", b"2", b"3", b"4")
    stream = Stream(pubsub, max_outstanding_messages=2)
    first = dict(stream.data(2))
    assert len(first) == 2
    rest = pubsub.pull()
    assert {each.message.data for each in rest} == {b"1", b"2", b"3", b"4"} - set(first)
    stream.send(ack_ids=list(first.values()))
    pubsub.publish(b"5")
    assert set(dict(stream.data(1))) == {b"5"}
    stream.close()


def test_a_stream_of_no_subscription_is_refused(pubsub: PubSub) -> None:
    with pytest.raises(exceptions.NotFound):
        next(Stream(pubsub).responses)


@pytest.mark.parametrize(
    ("receipts", "seconds"),
    [(["1"], []), ([], [10]), (["1"], [-1]), (["1"], [601])],
    ids=["no seconds", "no receipt", "negative", "too long"],
)
def test_deadlines_that_a_stream_cannot_set_are_refused(
    pubsub: PubSub, receipts: list[str], seconds: list[int]
) -> None:
    pubsub.create()
    wrong = {"modify_deadline_ack_ids": receipts, "modify_deadline_seconds": seconds}
    with pytest.raises(exceptions.InvalidArgument):
        next(Stream(pubsub, **wrong).responses)


def test_googles_own_subscriber_and_publisher_keep_a_keys_order(
    pubsub_host: str, pubsub: PubSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_host)
    path = pubsub.create(enable_message_ordering=True)
    options = PublisherOptions(enable_message_ordering=True)
    with PublisherClient(publisher_options=options) as publisher:
        sent = [b"%d" % number for number in range(200)]
        published = [publisher.publish(pubsub.topic(), data, ordering_key="k") for data in sent]
        for each in published:
            each.result(10)
    came: list[bytes] = []

    def take(message: Any) -> None:
        came.append(message.data)
        message.ack()

    with SubscriberClient() as subscriber:
        streaming = subscriber.subscribe(path, take)
        wait_for(lambda: len(came) >= 200)
        streaming.cancel()
        streaming.result()
    assert came == sent
