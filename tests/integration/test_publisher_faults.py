"""What a publisher does when the bus does wrong."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager

import grpc
import pytest

from odds.adapters.event_bus import event_bus_file, publish_lane, publisher
from odds.adapters.event_bus.publisher import EventBusOverloaded, EventBusUnavailable
from odds.command import EventVelocity
from odds.event import Event
from tests.examples import GAME, new
from tests.faulty_bus import FaultyBus, answer_lost, faulty_bus, held, never_answered, refused
from tests.paths import ROOT
from tests.publishing import BlockingPublisher, publishing
from tests.waiting import wait_for

PATIENT = 60.0
HASTY = 6.0
SLACK = 30.0
"""Seconds that a busy machine may take on top."""
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.fixture(autouse=True)
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits goes together, however slowly it was started."""
    monkeypatch.setattr(publish_lane, "SHARED_SECONDS", 60.0)


@pytest.fixture
def bus() -> Iterator[FaultyBus]:
    with faulty_bus() as bus:
        yield bus


@pytest.fixture
def events(bus: FaultyBus) -> Iterator[BlockingPublisher]:
    with _publishing(bus, PATIENT) as events:
        yield events


@pytest.fixture
def hasty(bus: FaultyBus) -> Iterator[BlockingPublisher]:
    with _publishing(bus, HASTY) as events:
        yield events


def _publishing(bus: FaultyBus, timeout: float) -> AbstractContextManager[BlockingPublisher]:
    topics = event_bus_file.load(ROOT / "event_bus.yaml")
    return publishing(bus.host, topics, "projects/p/topics/", timeout=timeout)


def event(number: int, game_id: str = GAME, velocity: EventVelocity = EventVelocity.HIGH) -> Event:
    return new(request_id=str(number), game_id=game_id, velocity=velocity)


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def behind(
    bus: FaultyBus, events: BlockingPublisher, last: int
) -> tuple["Future[None]", list["Future[None]"]]:
    """Event 1, whose request is with the bus, and 2 to ``last`` of its game, waiting behind it."""
    before = len(bus.attempts)
    first = events.start(event(1))
    wait_for(lambda: len(bus.attempts) > before)
    return first, [events.start(event(number)) for number in range(2, last + 1)]


@pytest.mark.parametrize("code", [UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED])
def test_what_may_pass_is_tried_again_in_the_order_of_the_game(
    bus: FaultyBus, events: BlockingPublisher, code: grpc.StatusCode
) -> None:
    gate = threading.Event()
    bus.faults.extend([held(gate), *[refused(code)] * 3])
    first, rest = behind(bus, events, 20)
    gate.set()
    for each in (first, *rest):
        each.result(60)
    assert bus.messages == numbers(1, 20)
    assert bus.attempts == [["1"], *[numbers(2, 20)] * 4]


def test_a_lost_answer_repeats_its_request_before_any_later_one(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    gate = threading.Event()
    bus.faults.extend([held(gate), answer_lost])
    _, rest = behind(bus, events, 5)
    gate.set()
    rest[-1].result(60)
    events.publish(event(6))
    assert bus.taken == [["1"], numbers(2, 5), numbers(2, 5), ["6"]]


def test_a_refusal_is_told_at_once_fails_what_waits_behind_it_and_nothing_after(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    gate = threading.Event()
    refuse = refused(grpc.StatusCode.PERMISSION_DENIED)
    bus.faults.append(lambda take, context: (gate.wait(60), refuse(take, context))[1])
    began = time.monotonic()
    first, rest = behind(bus, events, 4)
    gate.set()
    for each in (first, *rest):
        with pytest.raises(EventBusUnavailable, match="PERMISSION_DENIED"):
            each.result(60)
    assert time.monotonic() - began < PATIENT
    events.publish(event(5))
    assert bus.messages == ["5"]


def test_a_message_that_is_no_good_fails_alone_and_the_order_of_its_game_is_kept(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    gate = threading.Event()
    bus.faults.extend([held(gate), *[refused(grpc.StatusCode.INVALID_ARGUMENT)] * 3])
    _, (second, *rest) = behind(bus, events, 5)
    gate.set()
    with pytest.raises(EventBusUnavailable, match="INVALID_ARGUMENT"):
        second.result(60)
    for each in rest:
        each.result(60)
    assert bus.attempts == [["1"], numbers(2, 5), numbers(2, 3), ["2"], numbers(3, 5)]
    assert bus.messages == ["1", *numbers(3, 5)]


def test_a_bus_that_never_answers_fails_the_game_by_the_deadline_and_gets_nothing_later(
    bus: FaultyBus, hasty: BlockingPublisher
) -> None:
    bus.faults.append(never_answered)
    began = time.monotonic()
    first, rest = behind(bus, hasty, 4)
    for each in (first, *rest):
        with pytest.raises(EventBusUnavailable):
            each.result(60)
    assert time.monotonic() - began < HASTY + SLACK
    hasty.publish(event(5))
    assert bus.attempts == [["1"], ["5"]]


def test_a_bus_that_stays_away_fails_by_the_deadline(
    bus: FaultyBus, hasty: BlockingPublisher
) -> None:
    bus.otherwise = refused(UNAVAILABLE)
    began = time.monotonic()
    with pytest.raises(EventBusUnavailable):
        hasty.publish(event(1))
    assert time.monotonic() - began < HASTY + SLACK
    tried = len(bus.attempts)
    assert tried > 2
    bus.otherwise = lambda take, _: take()
    hasty.publish(event(2))
    assert ["2"] in bus.taken
    # The deadline may have cut off an attempt that the bus had not looked at yet.
    assert bus.attempts[tried:] in ([["2"]], [["1"], ["2"]])


def test_a_connection_cut_under_a_request_is_made_again_and_the_order_kept(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    bus.faults.append(never_answered)
    first, rest = behind(bus, events, 10)
    bus.stop()
    bus.start(bus.host)
    for each in (first, *rest):
        each.result(60)
    assert bus.messages == numbers(1, 10)


def test_a_game_has_one_request_in_flight_and_other_games_do_not_wait_for_it(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    gate = threading.Event()
    bus.faults.append(held(gate))
    first, rest = behind(bus, events, 3)
    events.publish(event(100, "soccer:another"))
    assert bus.attempts == [["1"], ["100"]]
    gate.set()
    for each in (first, *rest):
        each.result(60)
    assert bus.taken == [["100"], ["1"], ["2", "3"]]


def test_a_request_has_a_largest_size(
    bus: FaultyBus, events: BlockingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_lane, "MAX_BATCH", 2)
    gate = threading.Event()
    bus.faults.append(held(gate))
    _, rest = behind(bus, events, 6)
    gate.set()
    rest[-1].result(60)
    assert bus.taken == [["1"], ["2", "3"], ["4", "5"], ["6"]]


def test_a_topic_without_order_has_several_requests_in_flight_that_fail_alone(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    def start(number: int) -> "Future[None]":
        return events.start(event(number, velocity=EventVelocity.LOW))

    gates = [threading.Event() for _ in range(publish_lane.UNORDERED_REQUESTS)]
    refuse = refused(grpc.StatusCode.PERMISSION_DENIED)
    bus.faults.append(lambda take, context: (gates[0].wait(60), refuse(take, context))[1])
    bus.faults.extend(held(gate) for gate in gates[1:])
    in_flight = []
    for number in range(1, len(gates) + 1):
        in_flight.append(start(number))
        wait_for(lambda: len(bus.attempts) == len(in_flight))
    waiting = [start(number) for number in range(101, 106)]
    gates[0].set()
    with pytest.raises(EventBusUnavailable, match="PERMISSION_DENIED"):
        in_flight[0].result(60)
    for each in waiting:
        each.result(60)
    assert bus.taken == [numbers(101, 105)]
    for gate in gates:
        gate.set()
    for each in in_flight[1:]:
        each.result(60)
    assert sorted(bus.messages[5:]) == numbers(2, len(gates))


def test_what_is_too_much_is_refused_at_once_and_not_taken(
    bus: FaultyBus, events: BlockingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_IN_HAND", 3)
    gate = threading.Event()
    bus.faults.append(held(gate))
    first, rest = behind(bus, events, 5)
    for each in rest[2:]:
        with pytest.raises(EventBusOverloaded):
            each.result(60)
    gate.set()
    for each in (first, *rest[:2]):
        each.result(60)
    events.publish(event(6))
    assert bus.messages == ["1", "2", "3", "6"]


def test_a_topic_that_hangs_keeps_no_other_topic_from_taking(
    bus: FaultyBus, events: BlockingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_IN_HAND", 2)
    gate = threading.Event()
    bus.faults.append(held(gate))
    first, rest = behind(bus, events, 3)
    with pytest.raises(EventBusOverloaded):
        rest[1].result(60)
    events.publish(event(4, velocity=EventVelocity.LOW))
    assert bus.messages == ["4"]
    gate.set()
    for each in (first, rest[0]):
        each.result(60)


def test_a_publisher_that_is_closed_fails_what_is_in_hand_at_once_and_takes_no_more(
    bus: FaultyBus, events: BlockingPublisher
) -> None:
    bus.faults.append(never_answered)
    first, rest = behind(bus, events, 4)
    began = time.monotonic()
    events.close()
    for each in (first, *rest, events.start(event(5))):
        with pytest.raises(EventBusUnavailable):
            each.result(60)
    assert time.monotonic() - began < PATIENT / 2
    assert bus.attempts == [["1"]]


def test_a_caller_that_has_gone_harms_nobody(bus: FaultyBus, events: BlockingPublisher) -> None:
    gate = threading.Event()
    bus.faults.append(held(gate))
    first, rest = behind(bus, events, 3)
    assert rest[0].cancel()
    gate.set()
    first.result(60)
    rest[1].result(60)
    assert bus.messages == numbers(1, 3)
