"""Times as people write them, read to microseconds since the epoch."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

EXPECTED = "RFC 3339 with an offset (2026-11-23T06:30:00Z) or Unix seconds"
"""What ``microseconds`` takes, for whoever is told that it wasn't given."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_SECONDS = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)
_LATEST = 10**17
"""Microseconds: beyond the year 5000 a time is surely in the wrong unit."""


def microseconds(text: str) -> int:
    """Read a time; what is finer than a microsecond is cut off. Raises ValueError."""
    if _SECONDS.fullmatch(text):
        time = int(Decimal(text) * 1_000_000)
    else:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        time = (moment - _EPOCH) // timedelta(microseconds=1)
    if not 0 <= time < _LATEST:
        raise ValueError("out of range")
    return time
