"""Log lines as Cloud Logging reads them, and as people do."""

import contextvars
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from odds.adapters.telemetry import logs, request_trace

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


def line_in_request(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> dict[str, Any]:
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    logs.configure("projector", level="INFO", project="p-1")
    with Flask("test").test_request_context(headers=headers):
        extra = logs.fields(event_id="e", external_id=None)
        logging.getLogger("x").warning('it said "no"', extra=extra)
    line: dict[str, Any] = json.loads(stdout.getvalue())
    return line


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        {"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"},
    ],
)
def test_a_line_has_its_severity_its_facts_and_the_trace_of_its_request(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    line = line_in_request(monkeypatch, headers)
    assert line["message"] == 'it said "no"'
    assert line["severity"] == "WARNING"
    assert line["event_id"] == "e"
    assert "external_id" not in line
    assert line["logging.googleapis.com/trace"] == f"projects/p-1/traces/{TRACE}"
    assert line["logging.googleapis.com/labels"]["service"] == "projector"


@pytest.mark.parametrize(
    "header",
    [
        (b"traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode()),
        (b"x-cloud-trace-context", f"{TRACE}/13235353014750950193;o=1".encode()),
    ],
)
def test_outside_flask_a_line_has_the_trace_that_is_followed(
    monkeypatch: pytest.MonkeyPatch, header: tuple[bytes, bytes]
) -> None:
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    logs.configure("projector", level="INFO", project="p-1")

    def answer() -> None:
        request_trace.follow([(b"host", b"x"), header])
        logging.getLogger("x").info("push refused")

    contextvars.copy_context().run(answer)
    logging.getLogger("x").info("of no request")
    inside, outside = map(json.loads, stdout.getvalue().splitlines())
    assert inside["logging.googleapis.com/trace"] == f"projects/p-1/traces/{TRACE}"
    assert inside["logging.googleapis.com/spanId"] == "b7ad6b7169203331"
    assert outside["logging.googleapis.com/trace"] == ""


def test_on_a_terminal_a_line_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    logs.configure("projector", level="INFO", project="p-1")
    logging.getLogger("x").info("batch projected", extra=logs.fields(events=3))
    assert stdout.getvalue().rstrip().endswith("INFO    projector: batch projected events=3")
