"""What becomes of a batch that PostgreSQL refuses, and that is written in halves therefore."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from odds.adapters.read_model.read_model import BatchRefused, ReadModel, ReadModelUnavailable
from odds.adapters.telemetry.telemetry import Telemetry
from odds.event import Event
from odds.fold import Outcome
from projector.envelope import Envelope, Message
from projector.metrics import Metrics
from projector.parking import Refused
from projector.projector import Projector, Taken
from tests.examples import NOW, new

NOTHING: Any = None
"""For what is never asked."""


class FailingReadModel(ReadModel):
    """Holds no batch with the event that is ``bad``, and is gone once one with ``last`` comes."""

    def __init__(self, bad: Event, last: Event | None = None) -> None:
        self.written: list[Event] = []
        self.tried = 0
        self._bad, self._last = bad, last

    def project(
        self, events: Sequence[Event], traceparents: Mapping[UUID, str] | None = None
    ) -> dict[UUID, Outcome]:
        self.tried += 1
        if self._bad in events:
            raise BatchRefused("it is bad")
        if self._last in events:
            raise ReadModelUnavailable("it is gone")
        self.written += events
        return {event.event_id: Outcome.APPLIED for event in events}


class Parked:
    def __init__(self) -> None:
        self.refused: list[Refused] = []

    def park(self, refused: Sequence[Refused]) -> list[None]:
        self.refused += refused
        return [None] * len(refused)


def fates(
    read_model: ReadModel, events: Sequence[Event], parked: Any = NOTHING
) -> list[type[Exception] | None]:
    metrics = Metrics(Telemetry("projector").meter())
    projector = Projector(NOTHING, parked, read_model, lambda: NOW, metrics)
    taken = [Taken(Envelope(Message(str(event.event_id)), "s"), event) for event in events]
    return [type(fate) if fate else None for fate in projector.project(taken, {})]


def test_what_was_written_before_postgresql_was_gone_is_acknowledged_and_the_rest_comes_again() -> (
    None
):
    events, parked = [new() for _ in range(8)], Parked()
    read_model = FailingReadModel(bad=events[5], last=events[7])
    assert fates(read_model, events, parked) == [*[None] * 6, *[ReadModelUnavailable] * 2]
    assert read_model.written == events[:5]
    assert [each.envelope.message.message_id for each in parked.refused] == [
        str(events[5].event_id)
    ]


def test_postgresql_that_was_gone_for_one_half_is_not_asked_for_another() -> None:
    events = [new() for _ in range(8)]
    read_model = FailingReadModel(bad=events[7], last=events[0])
    with pytest.raises(ReadModelUnavailable):
        fates(read_model, events)
    assert read_model.tried == 2


def test_one_bad_event_fails_no_neighbour() -> None:
    events, parked = [new() for _ in range(7)], Parked()
    read_model = FailingReadModel(bad=events[3])
    assert fates(read_model, events, parked) == [None] * 7
    assert read_model.written == events[:3] + events[4:]
