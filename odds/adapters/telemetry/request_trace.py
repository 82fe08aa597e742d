"""The trace of the request that is being answered, for log lines outside Flask."""

import logging
import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

from opentelemetry.trace import get_current_span

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context/#traceparent-header"""
_CLOUD_TRACE = re.compile(rb"([0-9a-f]{32})/(\d+)(;o=\d)?")
"""https://cloud.google.com/trace/docs/trace-context#legacy-http-header"""


class Trace(NamedTuple):
    trace_id: str
    span_id: str


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def follow(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Have what this request logs from here on carry the trace that its headers name."""
    named = dict(headers)
    if found := _TRACEPARENT.fullmatch(named.get(b"traceparent", b"")):
        _current.set(Trace(found[1].decode(), found[2].decode()))
    elif found := _CLOUD_TRACE.fullmatch(named.get(b"x-cloud-trace-context", b"")):
        _current.set(Trace(found[1].decode(), f"{int(found[2]):016x}"))


class TraceFilter(logging.Filter):
    """Gives records the span that is open, or else the trace that is followed."""

    def __init__(self, project: str) -> None:
        super().__init__()
        self._project = project

    def filter(self, record: logging.LogRecord) -> bool:
        span = get_current_span().get_span_context()
        if span.is_valid:
            record.trace = f"projects/{self._project}/traces/{span.trace_id:032x}"
            record.span_id = f"{span.span_id:016x}"
        elif trace := _current.get():
            record.trace = f"projects/{self._project}/traces/{trace.trace_id}"
            record.span_id = trace.span_id
        return True
