"""Events as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds import event_codec
from odds.command import EventVelocity
from odds.event import accept
from odds.event_codec import UndecodableEvent
from odds.v1 import event_pb2
from tests.examples import NOW, command, delete, new, update


@pytest.mark.parametrize(
    "event", [new(), update(new(), occurred_at=NOW), delete(new())], ids=["new", "update", "delete"]
)
def test_an_event_reads_back_as_it_was_written(event: object) -> None:
    data = event_codec.encode(event)  # type: ignore[arg-type]
    assert event_codec.decode(data) == (event, data)


def test_the_routing_facts_travel_as_attributes() -> None:
    event = accept(command(velocity=EventVelocity.HIGH), None, "soccer", now=NOW)
    assert event_codec.attributes(event) == {
        "event_id": str(event.event_id),
        "domain": "Odds",
        "event_velocity": "high",
        "game_type": "soccer",
        "game_id": "soccer:epl-2026-ars-che",
        "schema_version": "1",
    }


def test_fields_of_a_newer_writer_stay_in_the_bytes() -> None:
    data = event_codec.encode(new()) + b"\xfa\x01\x03new"
    assert event_codec.decode(data).data == data


def broken(**changes: object) -> bytes:
    message = event_pb2.Event.FromString(event_codec.encode(new()))
    for field, value in changes.items():
        setattr(message, field, value)
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff", "the bytes are no Event"),
        (b"", "schema version 0"),
        (broken(schema_version=2), "schema version 2"),
        (broken(event_id="x"), "event_id is no UUID"),
        (broken(event_id="00000000-0000-0000-0000-000000000000"), "not that of its Provider"),
        (broken(external_id="00000000-0000-0000-0000-000000000000"), "not that of its NewOdds"),
        (broken(created_at_us=0), "created_at_us"),
        (broken(game_type=""), "game_type is empty"),
        (broken(game_type="soccer\0"), "game_type has a control character"),
        (broken(game_type="soc\ncer"), "game_type has a control character"),
        (broken(game_type="s" * 900_000), "game_type has 900000 characters"),
        (broken(domain=7), "domain 7"),
    ],
)
def test_what_is_no_event_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableEvent, match=reason):
        event_codec.decode(data)


def test_an_event_invalid_inside_is_refused_as_its_command_would_be() -> None:
    message = event_pb2.Event.FromString(event_codec.encode(new()))
    message.payload.payload.money_line.home = float("nan")
    with pytest.raises(UndecodableEvent, match=r"Payload\.MoneyLine\.Home: is nan"):
        event_codec.decode(message.SerializeToString())


@given(st.binary())
def test_bytes_by_chance_are_no_event(data: bytes) -> None:
    with pytest.raises(UndecodableEvent):
        event_codec.decode(data)
