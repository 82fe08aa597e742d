"""OpenTelemetry: what a service tells of itself to whoever takes OTLP."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

import google.auth
import requests
from google.auth.transport.requests import AuthorizedSession
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter, NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from odds.adapters.telemetry.tracing import Tracing
from odds.settings import SettingsError

TIMEOUT = 2.0
"""Seconds that an export may take: the last one is made while the service ends."""
GOOGLE = "telemetry.googleapis.com"
"""Cloud Trace and Cloud Monitoring; https://cloud.google.com/stackdriver/docs/reference/telemetry"""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Telemetry:
    """Of one process of a service; it tells nothing where nobody is to be told."""

    def __init__(
        self,
        service: str,
        readers: Sequence[MetricReader] = (),
        spans: Sequence[SpanProcessor] = (),
        *,
        project: str = "",
        ratio: float = 1.0,
    ) -> None:
        """Traces that are recorded where they began are recorded here too; of all others ``ratio``.

        Others are those that begin here and those that nobody records yet: Cloud Run begins a trace
        for each request, and asks to record next to none of them. Which of them are chosen follows
        from their id, so that services with the same ratio choose the same.
        """
        facts = {
            SERVICE_NAME: service,
            # Processes of one service are told apart, or their counts would overwrite one another.
            SERVICE_INSTANCE_ID: str(uuid4()),
            "gcp.project_id": project,
        }
        resource = Resource.create(facts)
        self._service = service
        self._metrics = MeterProvider(readers, resource) if readers else None
        self._traces: TracerProvider | None = None
        if spans:
            chosen = TraceIdRatioBased(ratio)
            sampler = ParentBased(chosen, remote_parent_not_sampled=chosen)
            self._traces = TracerProvider(sampler, resource, shutdown_on_exit=False)
            for processor in spans:
                self._traces.add_span_processor(processor)

    def meter(self) -> Meter:
        return (self._metrics or NoOpMeterProvider()).get_meter(self._service)

    def tracing(self) -> Tracing:
        return Tracing(self._traces.get_tracer(self._service) if self._traces else None)

    def close(self) -> None:
        """Tell what was measured and recorded since the last export; for a thread of its own, as it
        blocks."""
        if self._traces:
            self._traces.shutdown()
        if self._metrics:
            self._metrics.shutdown(TIMEOUT * 1000)


def telemetry(service: str, endpoint: str | None, *, project: str, ratio: float) -> Telemetry:
    """Exports to ``endpoint``, the base URL of OTLP over HTTP: metrics each minute, spans every few
    seconds. None exports nothing. Google's endpoint is shown Google's credentials.

    (https://opentelemetry.io/docs/specs/otel/protocol/exporter, OTEL_EXPORTER_OTLP_ENDPOINT)
    Raises SettingsError.
    """
    if not 0 <= ratio <= 1:
        raise SettingsError(f"OTEL_TRACES_SAMPLER_ARG is {ratio:g}; expected 0 to 1")
    if endpoint is None:
        return Telemetry(service)
    base, session = endpoint.rstrip("/"), _session(endpoint)
    metrics = OTLPMetricExporter(base + "/v1/metrics", timeout=TIMEOUT, session=session)
    spans = OTLPSpanExporter(base + "/v1/traces", timeout=TIMEOUT, session=session)
    return Telemetry(
        service,
        [PeriodicExportingMetricReader(metrics)],
        [BatchSpanProcessor(spans)],
        project=project,
        ratio=ratio,
    )


def _session(endpoint: str) -> requests.Session | None:
    if urlsplit(endpoint).hostname != GOOGLE:
        return None
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return AuthorizedSession(credentials)
