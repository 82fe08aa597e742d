"""One log line when a stream opens, one when it closes."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from odds.adapters.telemetry import logs
from query_api.stream.sink import Sink

_log = logging.getLogger(__name__)


@contextmanager
def logged_stream(protocol: str, sink: Sink) -> Iterator[None]:
    opened_at = time.monotonic()
    direct = sink.transport is not None
    _log.info("stream opened", extra=logs.fields(transport=protocol, direct=direct))
    try:
        yield
    finally:
        seconds = round(time.monotonic() - opened_at, 3)
        facts = logs.fields(transport=protocol, events=sink.delivered, seconds=seconds)
        _log.info("stream closed", extra=facts)
