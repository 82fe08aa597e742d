"""Waiting for what is to become true."""

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Return once the condition holds. Raises TimeoutError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"still not so after {seconds} seconds")
        time.sleep(0.01)


def wait_for_count(count: Callable[[], int], enough: int, *, seconds: float = 60.0) -> None:
    """Return once there are enough, however long it takes while there come to be more. Raises
    TimeoutError after so many ``seconds`` without."""
    most, deadline = -1, 0.0
    while (now := count()) < enough:
        if now > most:
            most, deadline = now, time.monotonic() + seconds
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {now} of {enough}, {seconds} seconds after the last one")
        time.sleep(0.1)
