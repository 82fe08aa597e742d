"""Being told to stop, at whatever moment."""

import os
import signal
import sys
from collections.abc import Callable

import pytest

from local.foreground import STOPPING, Stopped, stopped_by_signals
from local.waiting import wait_until


class Garbage:
    """Is told to stop while it is destroyed: what that raises, Python can't pass on."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self._number)


def stopped_by(event: Callable[[], object]) -> str | None:
    """What it was stopped by, in time; None where it was not."""
    try:
        with stopped_by_signals():
            event()
            wait_until(lambda: False, 10)
    except Stopped as stopped:
        return str(stopped)
    return None


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_stops_what_runs(number: signal.Signals) -> None:
    assert stopped_by(lambda: os.kill(os.getpid(), number)) == number.name


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_that_arrives_in_a_destructor_stops_what_runs_after_it(
    number: signal.Signals,
) -> None:
    assert stopped_by(lambda: Garbage(number)) == number.name


def test_signals_and_lost_errors_are_handled_as_before_afterwards() -> None:
    before = [*map(signal.getsignal, STOPPING)], sys.unraisablehook
    with stopped_by_signals():
        pass
    assert ([*map(signal.getsignal, STOPPING)], sys.unraisablehook) == before
