"""Waiting for what is to become true."""

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return once the condition holds. Raises TimeoutError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"still not so after {seconds} seconds")
        time.sleep(0.01)
