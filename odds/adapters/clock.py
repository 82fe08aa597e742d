"""The clock that the services tell time by."""

import time


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000
