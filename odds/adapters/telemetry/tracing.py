"""Spans along the way of one price. Their context crosses the bus in a message's attributes
(https://www.w3.org/TR/trace-context)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

EVENT_ID = "moneyline.event_id"
"""The attribute that a span of one event has: who looks for a price looks for this."""

_W3C = TraceContextTextMapPropagator()
_HEADERS = {name.encode(): name for name in _W3C.fields}
_MAX_LINKS = 128
"""As many as the SDK keeps by default."""


class Tracing:
    def __init__(self, tracer: Tracer | None) -> None:
        """``tracer`` is None where nobody is to be told."""
        self._tracer = tracer

    @contextmanager
    def request(self, name: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[Span]:
        """Around the answering of an HTTP request, which may tell in its headers what it is
        part of."""
        if self._tracer is None:
            yield INVALID_SPAN
            return
        told = {_HEADERS[key]: value.decode("latin-1") for key, value in headers if key in _HEADERS}
        parent = _W3C.extract(told)
        with self._tracer.start_as_current_span(name, parent, SpanKind.SERVER) as span:
            yield span

    @contextmanager
    def sending(self, name: str) -> Iterator[Span]:
        """Around the sending of a message that has ``carried()`` among its attributes."""
        if self._tracer is None:
            yield INVALID_SPAN
            return
        with self._tracer.start_as_current_span(name, kind=SpanKind.PRODUCER) as span:
            yield span

    @contextmanager
    def message(self, name: str, attributes: Mapping[str, str]) -> Iterator[Span]:
        """Around the taking of a message, as part of what it was sent in."""
        if self._tracer is None:
            yield INVALID_SPAN
            return
        parent = _W3C.extract(attributes)
        with self._tracer.start_as_current_span(name, parent, SpanKind.CONSUMER) as span:
            yield span

    @contextmanager
    def each(self, name: str, members: Iterable[tuple[UUID, str | None]]) -> Iterator[None]:
        """Around work for several events at once: a span for each that has a ``traceparent``, as
        a part of that."""
        if self._tracer is None:
            yield
            return
        spans = [
            self._tracer.start_span(
                name,
                _W3C.extract({"traceparent": traceparent}),
                attributes={EVENT_ID: str(event_id)},
            )
            for event_id, traceparent in members
            if traceparent
        ]
        try:
            yield
        finally:
            for span in spans:
                span.end()

    @contextmanager
    def batch(self, name: str, members: Sequence[SpanContext]) -> Iterator[None]:
        """Around work for several spans at once: a part of the first of them that is recorded, and
        linked to the others."""
        recorded = [each for each in members if each.trace_flags.sampled]
        if self._tracer is None or not recorded:
            yield
            return
        parent = set_span_in_context(NonRecordingSpan(recorded[0]))
        links = [Link(each) for each in recorded[1 : _MAX_LINKS + 1]]
        size = {"moneyline.batch.size": len(members)}
        with self._tracer.start_as_current_span(name, parent, links=links, attributes=size):
            yield


def carried() -> dict[str, str]:
    """What a message carries of the span that it is sent in; nothing where there is none.

    Not the ``tracestate``, which strangers fill: one that is longer than an attribute may be would
    have the bus refuse the message.
    """
    span = current()
    return {"traceparent": traceparent(span)} if span.is_valid else {}


def traceparent(span: SpanContext) -> str:
    """https://www.w3.org/TR/trace-context/#traceparent-header"""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def current() -> SpanContext:
    return get_current_span().get_span_context()
