"""What a replay knows of stored bytes, and how it batches them."""

import pytest

from odds import event_codec
from odds.command import EventVelocity
from odds.event_bus import Route
from odds.v1 import event_pb2
from replayer import facts
from replayer.facts import NoRoute
from replayer.outlet import MAX_BYTES, Outgoing, lanes
from tests.examples import encoded, new


def test_the_attributes_are_those_that_the_event_first_travelled_with() -> None:
    event = new(velocity=EventVelocity.HIGH)
    assert facts.read(encoded(event).data).attributes() == event_codec.attributes(event)


def test_an_event_of_a_newer_schema_has_its_route_and_says_its_version() -> None:
    newer = event_pb2.Event.FromString(encoded(new()).data)
    newer.schema_version = 9
    read = facts.read(newer.SerializeToString() + b"\xfa\x06\x03new")
    assert (read.game_id, read.attributes()["schema_version"]) == ("soccer:epl-2026-ars-che", "9")


@pytest.mark.parametrize(
    "data", [b"\xff\xff", b"", encoded(new()).data[:20]], ids=["noise", "nothing", "cut short"]
)
def test_bytes_that_are_no_event_have_no_route(data: bytes) -> None:
    with pytest.raises(NoRoute):
        facts.read(data)


def message(route: Route, size: int = 10) -> Outgoing:
    return Outgoing(route, bytes(size), {})


def test_messages_of_one_ordering_key_follow_one_another_and_others_do_not_wait() -> None:
    ordered, unordered = Route("high", "game"), Route("low", "")
    messages = [message(ordered)] * 2500 + [message(unordered)] * 1500
    assert [[len(batch) for batch in lane] for lane in lanes(messages)] == [
        [1000, 1000, 500],
        [1000],
        [500],
    ]


def test_a_request_stays_below_the_limit_of_bytes() -> None:
    messages = [message(Route("low", ""), MAX_BYTES // 2)] * 3
    assert [len(batch) for [batch] in lanes(messages)] == [2, 1]
