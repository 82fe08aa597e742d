"""Spans along the way of one price, kept in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from odds.adapters.telemetry import tracing
from odds.adapters.telemetry.telemetry import Telemetry, telemetry
from odds.adapters.telemetry.tracing import Tracing
from odds.settings import SettingsError
from projector.batcher import Batcher
from projector.envelope import Envelope, Message
from projector.projector import Taken
from tests.examples import new

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(spans: InMemorySpanExporter) -> Tracing:
    return telemetry_of(spans).tracing()


def telemetry_of(spans: InMemorySpanExporter, ratio: float = 1.0) -> Telemetry:
    return Telemetry("tested", spans=[SimpleSpanProcessor(spans)], ratio=ratio)


def context(span: ReadableSpan) -> SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


def headers(*, recorded: bool) -> list[tuple[bytes, bytes]]:
    flags = "01" if recorded else "00"
    return [(b"host", b"odds"), (b"traceparent", f"00-{TRACE}-{SPAN}-{flags}".encode())]


def test_a_message_is_taken_as_part_of_the_request_that_sent_it(
    traced: Tracing, spans: InMemorySpanExporter
) -> None:
    with traced.request("request", headers(recorded=True)), traced.sending("send"):
        attributes = tracing.carried()
    with traced.message("take", attributes):
        pass
    sent, asked, taken = spans.get_finished_spans()
    assert {context(each).trace_id for each in (sent, asked, taken)} == {int(TRACE, 16)}
    assert asked.parent is not None
    assert sent.parent == context(asked)
    assert taken.parent is not None
    assert (asked.parent.span_id, taken.parent.span_id) == (int(SPAN, 16), context(sent).span_id)


def test_a_message_carries_nothing_that_a_stranger_may_make_too_long_for_it(
    traced: Tracing,
) -> None:
    state = ",".join(f"vendor{number}={'x' * 250}" for number in range(30))
    asked = [*headers(recorded=True), (b"tracestate", state.encode())]
    with traced.request("request", asked), traced.sending("send"):
        assert len(tracing.current().trace_state.to_header()) > 1024
        assert tracing.carried() == {"traceparent": tracing.traceparent(tracing.current())}


def test_each_event_that_is_traced_has_a_span_of_its_own(
    traced: Tracing, spans: InMemorySpanExporter
) -> None:
    with traced.each("stream", [(UUID(int=1), f"00-{TRACE}-{SPAN}-01"), (UUID(int=2), None)]):
        assert spans.get_finished_spans() == ()
    (span,) = spans.get_finished_spans()
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert tracing.traceparent(span.parent) == f"00-{TRACE}-{SPAN}-01"
    assert dict(span.attributes or {}) == {tracing.EVENT_ID: str(UUID(int=1))}


def test_what_was_not_chosen_at_the_request_is_recorded_nowhere(
    spans: InMemorySpanExporter,
) -> None:
    none = telemetry_of(spans, ratio=0.0).tracing()
    with none.request("request", headers(recorded=False)):
        attributes = tracing.carried()
        with none.batch("batch", [tracing.current()]):
            pass
    with none.message("take", attributes):
        pass
    assert attributes["traceparent"].endswith("-00")
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("ratio", "recorded"), [(0.0, ["theirs"]), (1.0, ["ours", "theirs", "unrecorded"])]
)
def test_the_ratio_is_of_all_traces_that_their_callers_do_not_record(
    spans: InMemorySpanExporter, ratio: float, recorded: list[str]
) -> None:
    some = telemetry_of(spans, ratio).tracing()
    with some.request("ours", []):
        pass
    with some.request("theirs", headers(recorded=True)):
        pass
    with some.request("unrecorded", headers(recorded=False)):  # As Cloud Run sends them.
        pass
    assert [span.name for span in spans.get_finished_spans()] == recorded


def test_services_with_one_ratio_choose_the_same_traces(spans: InMemorySpanExporter) -> None:
    here, there = (telemetry_of(spans, 0.5).tracing() for _ in range(2))
    for _ in range(64):
        with here.request("request", []):
            attributes = tracing.carried()
        with there.message("message", attributes):
            pass
    traces = {
        name: {context(span).trace_id for span in spans.get_finished_spans() if span.name == name}
        for name in ("request", "message")
    }
    assert traces["request"] == traces["message"]
    assert 0 < len(traces["request"]) < 64


def test_without_anybody_who_is_told_nothing_is_carried() -> None:
    off = telemetry("tested", None, project="p", ratio=1.0).tracing()
    with off.request("request", headers(recorded=True)), off.sending("send"):
        assert tracing.carried() == {}
        assert not tracing.current().is_valid


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(SettingsError, match=r"OTEL_TRACES_SAMPLER_ARG is .*; expected 0 to 1"):
        telemetry("tested", None, project="p", ratio=ratio)


def test_a_batch_is_part_of_its_first_event_and_linked_to_the_others(
    traced: Tracing, spans: InMemorySpanExporter
) -> None:
    def store(envelopes: Sequence[Envelope]) -> list[Taken]:
        return [Taken(each, new()) for each in envelopes]

    def project(taken: Sequence[Taken], _: Mapping[UUID, str]) -> list[Exception | None]:
        return [None] * len(taken)

    async def push(batcher: Batcher, name: str) -> None:
        with traced.message(name, {}):
            await batcher.take(Envelope(Message(name), "s"))

    async def scenario() -> None:
        batcher = Batcher(store, project, traced)
        pushes = [asyncio.create_task(push(batcher, name)) for name in ("first", "second")]
        await asyncio.sleep(0)
        running = asyncio.create_task(batcher.run())
        await asyncio.gather(*pushes)
        running.cancel()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    named = {span.name: span for span in spans.get_finished_spans()}
    for stage in ("store in Datastore", "project to PostgreSQL"):
        assert named[stage].parent == context(named["first"])
        assert [link.context for link in named[stage].links] == [context(named["second"])]
        assert dict(named[stage].attributes or {}) == {"moneyline.batch.size": 2}
