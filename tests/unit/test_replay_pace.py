"""When the events of a replay are due, and how far it is."""

from typing import Any

import pytest

from replayer.pace import Pace
from replayer.replay import Progress, Replay, ReplayRequest, State

SECOND = 1_000_000


def due(request: ReplayRequest, *created_at: int) -> list[float]:
    pace = Pace(request, now=100.0)
    return [pace.due(time * SECOND, now=100.0) for time in created_at]


def request(**fields: Any) -> ReplayRequest:
    return ReplayRequest(source="local", target="local", end=10 * SECOND, **fields)


def test_events_are_due_at_once_where_no_pace_is_asked_for() -> None:
    assert due(request(), 5, 6, 1000) == [100.0, 100.0, 100.0]


@pytest.mark.parametrize("pace", [{"rate": 2.0}, {"speed": 1.0}, {"rate": 2.0, "speed": 1.0}])
def test_what_is_only_counted_is_due_at_once(pace: dict[str, float]) -> None:
    assert due(request(dry_run=True, **pace), 5, 6, 1000) == [100.0, 100.0, 100.0]


def test_a_speed_keeps_the_recorded_spacing() -> None:
    assert due(request(speed=1.0), 5, 6, 15) == [100.0, 101.0, 110.0]
    assert due(request(speed=10.0), 5, 6, 15) == [100.0, 100.1, 101.0]


def test_a_rate_spaces_events_evenly() -> None:
    assert due(request(rate=2.0), 5, 5, 5) == [100.0, 100.5, 101.0]


def test_a_rate_makes_up_for_no_more_than_a_second_of_delay() -> None:
    pace = Pace(request(rate=10.0), now=100.0)
    assert [pace.due(5, now) for now in (100.0, 100.5, 160.0, 160.0)] == [
        100.0,
        100.1,
        159.0,
        159.1,
    ]


def test_of_speed_and_rate_the_slower_counts() -> None:
    assert due(request(rate=2.0, speed=1.0), 5, 5, 9) == [100.0, 100.5, 104.0]


def replay(**fields: Any) -> Replay:
    return Replay(replay_id="r", request=request(), created_at=0, **fields)


def test_how_far_a_replay_is_and_how_long_it_takes_is_told_by_the_time_of_its_events() -> None:
    running = replay(
        state=State.RUNNING,
        started_at=5 * SECOND,
        taken_at=100 * SECOND,
        first_at=0,
        last_at=10 * SECOND,
        progress=Progress(place=f"{4 * SECOND:020}|some-id"),
    )
    assert running.done == 0.4
    assert running.eta(now=120 * SECOND) == 30.0


def test_a_replay_that_has_read_nothing_promises_nothing() -> None:
    assert (replay().done, replay().eta(now=5)) == (0.0, None)
