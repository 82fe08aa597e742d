"""Running the stack in a terminal until it is told to stop."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from types import FrameType
from typing import TYPE_CHECKING

from local.errors import StackError
from local.processes import Processes
from local.stack import Stack

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_SECONDS = 0.5
AGAIN_SECONDS = 0.01


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP came."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise Stopped where a signal arrives, in here, that asks us to stop."""
    report = sys.unraisablehook

    def stop_elsewhere(unraisable: "UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, Stopped):
            asked = unraisable.exc_value.number
            Timer(AGAIN_SECONDS, os.kill, (os.getpid(), asked)).start()
        else:
            report(unraisable)

    before = {number: signal.signal(number, _stop) for number in STOPPING}
    # Where it arrives within a destructor Python goes on as if nothing had been raised.
    sys.unraisablehook = stop_elsewhere
    try:
        yield
    finally:
        sys.unraisablehook = report
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(processes: Processes) -> None:
    """Never returns. Raises StackError with the name of the first process that dies."""
    while True:
        dead = [process.name for process in processes.all() if not process.alive()]
        if dead:
            raise StackError(f"{dead[0]} died; its log ends:\n{processes.log_tail(dead[0])}")
        time.sleep(WATCH_SECONDS)


def stop_undisturbed(stack: Stack, lose_events: bool) -> None:
    """Stop all of it, however often Ctrl-C is pressed meanwhile."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPING}
    try:
        stack.stop(lose_events)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)
