"""One log line when a stream opens, one when it closes."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from odds.adapters import logs

_log = logging.getLogger(__name__)


class Delivered:
    """Counts the events that were handed to the client's connection."""

    def __init__(self) -> None:
        self.events = 0


@contextmanager
def logged_stream(transport: str) -> Iterator[Delivered]:
    opened_at = time.monotonic()
    delivered = Delivered()
    _log.info("stream opened", extra=logs.fields(transport=transport))
    try:
        yield delivered
    finally:
        seconds = round(time.monotonic() - opened_at, 3)
        facts = logs.fields(transport=transport, events=delivered.events, seconds=seconds)
        _log.info("stream closed", extra=facts)
