"""Waiting for a condition, never for a fixed time."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable

POLL_SECONDS = 0.05
ANSWER_SECONDS = 5.0


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def answers_ok(url: str) -> bool:
    """Whether a GET is answered 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == http.client.OK)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False
