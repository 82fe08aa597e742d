"""Messages that are pushed: how they look, what acknowledges them, and how many go at once."""

import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from google.pubsub_v1.types import PushConfig

from tests.contract.differences import google_differs
from tests.contract.pubsub import AT_ONCE, PubSub
from tests.push_endpoint import Push, PushEndpoint
from tests.waiting import wait_for

PUSH = "https://cloud.google.com/pubsub/docs/push"
UNWRAPPED = "https://cloud.google.com/pubsub/docs/payload-unwrapping"
ORDERING = "https://cloud.google.com/pubsub/docs/ordering"
DEAD_LETTERS = "https://cloud.google.com/pubsub/docs/handling-failures"
RETRY = "https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff"


def test_a_push_carries_the_message_in_json(pubsub: PubSub, endpoint: PushEndpoint) -> None:
    path = pubsub.create(push_config={"push_endpoint": endpoint.url})
    (published,) = pubsub.publish(b"\0\xff", attributes={"name": "value"})
    wait_for(lambda: endpoint.pushes)
    (push,) = endpoint.pushes
    assert push.headers["content-type"] == "application/json"
    assert push.data == b"\0\xff"
    assert push.envelope["subscription"] == path
    message = push.envelope["message"]
    assert message["attributes"] == {"name": "value"}
    assert message["messageId"] == message["message_id"] == published
    assert message["publishTime"] == message["publish_time"]


@google_differs("pubsub_host", "leaves the ordering key and the attempt out", PUSH)
def test_a_push_tells_the_ordering_key_and_the_attempt(
    pubsub: PubSub, endpoint: PushEndpoint
) -> None:
    pubsub.create("dead", "letters")
    policy = {"dead_letter_topic": pubsub.topic("dead"), "max_delivery_attempts": 5}
    push = {"push_endpoint": endpoint.url}
    pubsub.create(dead_letter_policy=policy, push_config=push, enable_message_ordering=True)
    endpoint.answer = lambda _: 204 if len(endpoint.pushes) > 1 else 500
    pubsub.publish(b"a", key="k")
    wait_for(lambda: len(endpoint.pushes) == 2)
    assert [push.envelope["message"]["orderingKey"] for push in endpoint.pushes] == ["k", "k"]
    assert [push.envelope["deliveryAttempt"] for push in endpoint.pushes] == [1, 2]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_acknowledges(pubsub: PubSub, endpoint: PushEndpoint, status: int) -> None:
    _acknowledges(pubsub, endpoint, status, seconds=20)


@google_differs("pubsub_host", "pushes again after 202", PUSH)
def test_accepted_acknowledges(pubsub: PubSub, endpoint: PushEndpoint, patience: float) -> None:
    _acknowledges(pubsub, endpoint, 202, patience)


def _acknowledges(pubsub: PubSub, endpoint: PushEndpoint, status: int, seconds: float) -> None:
    endpoint.answer = lambda _: status
    push = {"push_endpoint": endpoint.url}
    pubsub.create(push_config=push, enable_message_ordering=True)
    pubsub.publish(b"a", b"b", key="k")
    wait_for(lambda: b"b" in endpoint.data, seconds=seconds)
    assert endpoint.data == [b"a", b"b"]


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_anything_else_has_it_pushed_again(
    pubsub: PubSub, endpoint: PushEndpoint, status: int
) -> None:
    endpoint.answer = lambda _: 204 if len(endpoint.pushes) > 1 else status
    pubsub.create(push_config={"push_endpoint": endpoint.url})
    pubsub.publish(b"a")
    wait_for(lambda: endpoint.data == [b"a", b"a"])


def test_a_key_keeps_its_order_through_refusals(pubsub: PubSub, endpoint: PushEndpoint) -> None:
    endpoint.answer = lambda push: 500 if endpoint.data.count(push.data) < 2 else 204
    pubsub.create(push_config={"push_endpoint": endpoint.url}, enable_message_ordering=True)
    pubsub.publish(b"1", b"2", b"3", key="k")
    wait_for(lambda: len(endpoint.pushes) == 6)
    assert endpoint.data == [b"1", b"1", b"2", b"2", b"3", b"3"]


@google_differs("pubsub_host", "has two pushes in flight at most", PUSH)
def test_many_pushes_are_in_flight_at_once(
    pubsub: PubSub, endpoint: PushEndpoint, patience: float
) -> None:
    over = threading.Event()
    endpoint.answer = lambda _: 204 if over.wait(30) else 500
    pubsub.create(push_config={"push_endpoint": endpoint.url}, ack_deadline_seconds=60)
    try:
        pubsub.publish(*[b"x"] * 50)
        wait_for(lambda: endpoint.most_in_flight >= 50, seconds=patience)
    finally:
        over.set()


def test_one_push_of_a_key_is_in_flight_at_once(pubsub: PubSub, endpoint: PushEndpoint) -> None:
    def slowly(_: Push) -> int:
        time.sleep(0.02)
        return 204

    endpoint.answer = slowly
    pubsub.create(push_config={"push_endpoint": endpoint.url}, enable_message_ordering=True)
    pubsub.publish(*(b"%d" % number for number in range(10)), key="k")
    wait_for(lambda: len(endpoint.pushes) == 10)
    assert endpoint.most_in_flight == 1
    assert endpoint.data == [b"%d" % number for number in range(10)]


@google_differs(
    "pubsub_host", "heeds no retry policy of an ordered subscription", RETRY, strict=False
)
def test_a_retry_policy_spaces_pushes_further_and_further(
    pubsub: PubSub, endpoint: PushEndpoint
) -> None:
    endpoint.answer = lambda _: 204 if len(endpoint.pushes) == 4 else 500
    backoff = {"minimum_backoff": timedelta(seconds=0.4), "maximum_backoff": timedelta(seconds=1.6)}
    push = {"push_endpoint": endpoint.url}
    pubsub.create(retry_policy=backoff, push_config=push, enable_message_ordering=True)
    pubsub.publish(b"a", key="k")
    wait_for(lambda: len(endpoint.pushes) == 4)
    times = [push.at for push in endpoint.pushes]
    waits = [after - before for before, after in pairwise(times)]
    assert all(wait > least - 0.1 for wait, least in zip(waits, (0.4, 0.8, 1.6), strict=True))


@google_differs("pubsub_host", "never gives an ordered message up", DEAD_LETTERS)
def test_a_message_that_is_always_refused_is_dead_lettered_and_lets_its_key_go_on(
    pubsub: PubSub, endpoint: PushEndpoint, patience: float
) -> None:
    pubsub.create("dead", "letters")
    endpoint.answer = lambda push: 400 if push.data == b"bad" else 204
    policy = {"dead_letter_topic": pubsub.topic("dead"), "max_delivery_attempts": 5}
    push = {"push_endpoint": endpoint.url}
    pubsub.create(dead_letter_policy=policy, push_config=push, enable_message_ordering=True)
    pubsub.publish(b"bad", b"good", key="k")
    wait_for(lambda: b"good" in endpoint.data, seconds=patience)
    assert endpoint.data == [b"bad"] * 5 + [b"good"]
    assert pubsub.pull_data(1, "letters") == [b"bad"]


def test_a_push_that_is_not_answered_in_the_ack_deadline_is_made_again(
    pubsub: PubSub, endpoint: PushEndpoint
) -> None:
    over = threading.Event()
    endpoint.answer = lambda _: 204 if len(endpoint.pushes) > 1 or over.wait(60) else 500
    pubsub.create(push_config={"push_endpoint": endpoint.url}, ack_deadline_seconds=10)
    began = time.monotonic()
    pubsub.publish(b"a")
    try:
        wait_for(lambda: len(endpoint.pushes) == 2, seconds=40)
    finally:
        over.set()
    assert endpoint.pushes[1].at - began > 8


@google_differs("pubsub_host", "names the headers otherwise", UNWRAPPED)
def test_an_unwrapped_push_is_the_data_alone_with_the_rest_in_headers(
    pubsub: PubSub, endpoint: PushEndpoint
) -> None:
    unwrapped = PushConfig.NoWrapper(write_metadata=True)
    config = PushConfig(push_endpoint=endpoint.url, no_wrapper=unwrapped)
    path = pubsub.create(push_config=config, enable_message_ordering=True)
    (published,) = pubsub.publish(b"\0\xff", key="k", attributes={"name": "value"})
    wait_for(lambda: endpoint.pushes)
    push = endpoint.pushes[0]
    assert push.body == b"\0\xff"
    assert push.headers["name"] == "value"
    assert push.headers["x-goog-pubsub-message-id"] == published
    assert push.headers["x-goog-pubsub-subscription-name"] == path
    assert push.headers["x-goog-pubsub-ordering-key"] == "k"


def test_a_subscription_is_told_to_push_and_to_stop(pubsub: PubSub, endpoint: PushEndpoint) -> None:
    path = pubsub.create()
    pubsub.publish(b"a")
    push = PushConfig(push_endpoint=endpoint.url)
    pubsub.subscriber.modify_push_config(subscription=path, push_config=push, **AT_ONCE)
    wait_for(lambda: endpoint.data == [b"a"])
    pubsub.subscriber.modify_push_config(subscription=path, push_config=PushConfig(), **AT_ONCE)
    pubsub.publish(b"b")
    assert pubsub.pull_data(1) == [b"b"]
    assert endpoint.data == [b"a"]
