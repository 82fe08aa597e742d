"""Logs on stdout: structured JSON for Cloud Logging, or lines for people on a terminal."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

import google.cloud.logging_v2
from google.cloud.logging_v2.handlers import StructuredLogHandler

from odds.adapters.telemetry.request_trace import TraceFilter

LEVEL = "INFO"
"""The severity from which on lines are logged where nothing else is said."""

_FIELDS = "json_fields"


def fields(**values: object) -> dict[str, Any]:
    """What to hand to a logger's ``extra``: facts that stand as fields of the JSON line."""
    return {_FIELDS: {name: value for name, value in values.items() if value is not None}}


def configure(service: str, *, level: str, project: str) -> None:
    """Send all logs of this process to stdout.

    In the JSON the severity and the trace of ``traceparent`` or ``X-Cloud-Trace-Context`` stand
    where Cloud Logging looks for them (https://cloud.google.com/logging/docs/structured-logging):
    inside a Flask request by itself, elsewhere once ``request_trace.follow`` was told the headers.
    """
    handler: logging.Handler
    if sys.stdout.isatty():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(_Readable(service))
    else:
        # Each process would begin with a line that advertises the library, as if it were ours.
        google.cloud.logging_v2._instrumentation_emitted = True
        handler = StructuredLogHandler(
            stream=sys.stdout, project_id=project, labels={"service": service}
        )
        handler.setFormatter(logging.Formatter("%(message)s"))
        # Before the handler's own filter, which fills in what a record has not.
        handler.filters.insert(0, TraceFilter(project))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    server = logging.getLogger("gunicorn.error")
    server.handlers.clear()
    server.propagate = True


def configure_master(service: str, environ: Mapping[str, str]) -> None:
    """``configure`` for gunicorn's master, which logs before any worker has read the settings."""
    configure(
        service,
        level=environ.get("LOG_LEVEL") or LEVEL,
        project=environ.get("GOOGLE_CLOUD_PROJECT", ""),
    )


class _Readable(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {service}: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = getattr(record, _FIELDS, {})
        return " ".join([super().format(record), *(f"{k}={v}" for k, v in facts.items())])
