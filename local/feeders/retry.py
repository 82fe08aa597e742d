"""When to send a refused command again."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 5.0
LONGEST_RETRY_AFTER_SECONDS = 30.0

BUSY = frozenset({429, 502, 503, 504})
"""Statuses of a server that may take the command later."""


def backoffs() -> Iterator[float]:
    """Seconds to wait before each retry: doubling to a longest, spread so as not to come as one."""
    backoff = FIRST_BACKOFF_SECONDS
    while True:
        yield backoff * random.uniform(0.5, 1.0)
        backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float:
    """Seconds that Retry-After asks for, 0 where it asks nothing (RFC 9110, section 10.2.3)."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        seconds = float(value)
    else:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return 0.0
        seconds = (then - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)
