"""What is published, and what becomes of what the bus refuses."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import wait
from itertools import count
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound, PermissionDenied
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PublishRequest

from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.event_bus import Route
from replayer.outlet import IN_FLIGHT, Outgoing, Outlet, Refused

GAME = Route("high", "soccer:1")


class Bus(PublisherClient):
    """Has the topic "high", and takes no message that says "bad"."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def publish(self, request: Any = None, **_: Any) -> Any:
        asked = PublishRequest.pb(request)
        if asked.topic != "topics/high":
            raise NotFound("no such topic")  # type: ignore[no-untyped-call]
        data = [message.data for message in asked.messages]
        if any(each.startswith(b"bad") for each in data):
            raise InvalidArgument("one of them is no good")  # type: ignore[no-untyped-call]
        self.taken += data


def published(
    bus: Bus, messages: Sequence[Outgoing], awaited: Collection[str] = ()
) -> list[Refused]:
    outlet = Outlet(bus, "topics/", awaited)
    try:
        return outlet.publish(messages)
    finally:
        outlet.close()


def test_what_is_no_good_is_left_out_and_the_others_keep_their_order() -> None:
    bus = Bus()
    data = [f"bad{n}".encode() if n in (0, 5, 6) else str(n).encode() for n in range(10)]
    refused = published(bus, [Outgoing(GAME, each, {}) for each in data])
    assert bus.taken == [b"1", b"2", b"3", b"4", b"7", b"8", b"9"]
    assert [each.message.data for each in refused] == [b"bad0", b"bad5", b"bad6"]
    assert refused[0].reason == "high: 400 one of them is no good"


def test_a_topic_that_never_will_be_there_takes_its_own_messages_along_only() -> None:
    bus = Bus()
    retired = [Outgoing(Route("retired", ""), data, {}) for data in (b"1", b"2")]
    refused = published(bus, [*retired, Outgoing(GAME, b"3", {})], {"high"})
    assert bus.taken == [b"3"]
    assert {(each.message.data, each.reason) for each in refused} == {
        (b"1", "retired: 404 no such topic"),
        (b"2", "retired: 404 no such topic"),
    }


def test_a_topic_that_should_be_there_is_waited_for() -> None:
    with pytest.raises(EventBusUnavailable, match="medium: 404 no such topic"):
        published(Bus(), [Outgoing(Route("medium", ""), b"1", {})], {"medium"})


class SlowBus(PublisherClient):
    """Refuses topic "a" once others are being sent, and takes its time for these."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.release = threading.Event()
        self.attempts: list[str] = []
        self.ended: list[str] = []

    def publish(self, request: Any = None, **_: Any) -> Any:
        topic = PublishRequest.pb(request).topic
        self.attempts.append(topic)
        if topic == "topics/a":
            self.begun.wait(60)
            raise PermissionDenied("told to refuse")  # type: ignore[no-untyped-call]
        self.begun.set()
        self.release.wait(60)
        self.ended.append(topic)


def test_a_publish_that_fails_returns_when_nothing_is_being_sent_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And begins nothing more: each lane may take long to fail."""
    bus = SlowBus()
    routes = [Route("a", ""), *(Route("b", str(game)) for game in range(3 * IN_FLIGHT))]
    outlet = Outlet(bus, "topics/")
    waits = count(1)

    def release_at_second(*args: Any, **options: Any) -> Any:
        if next(waits) == 2:  # once those that have not begun are left
            bus.release.set()
        return wait(*args, **options)

    monkeypatch.setattr("replayer.outlet.wait", release_at_second)
    with pytest.raises(EventBusUnavailable, match="a: 403"):
        outlet.publish([Outgoing(route, b"1", {}) for route in routes])
    assert len(bus.ended) == len(bus.attempts) - 1 <= IN_FLIGHT
    outlet.close()
