"""When the event bus counts as empty, told from the projector's access log."""

import threading
import time
from pathlib import Path

import pytest

from local.drain import QUIET_SECONDS, Drain

BACKOFF_SECONDS = 1.0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "access.log"
    log.write_text("/health/ready 503\n/push 204\n")
    return log


def test_a_bus_whose_pushes_were_all_taken_is_empty_once_it_is_quiet(log: Path) -> None:
    assert _seconds_to_drain(log) < QUIET_SECONDS + BACKOFF_SECONDS


def test_after_a_refused_push_its_backoff_is_waited_for(log: Path) -> None:
    log.write_text("/push 503\n")
    assert _seconds_to_drain(log) >= QUIET_SECONDS + BACKOFF_SECONDS


def test_pushes_that_may_have_found_nobody_are_waited_for_too(log: Path) -> None:
    assert _seconds_to_drain(log, refused=True) >= QUIET_SECONDS + BACKOFF_SECONDS


def test_a_push_meanwhile_starts_the_waiting_again(log: Path) -> None:
    push = threading.Timer(QUIET_SECONDS / 2, _append, (log, "/push 204\n"))
    push.start()
    assert _seconds_to_drain(log) >= QUIET_SECONDS * 1.5


def test_health_checks_are_no_pushes(log: Path) -> None:
    check = threading.Timer(QUIET_SECONDS / 2, _append, (log, "/health/ready 200\n"))
    check.start()
    assert _seconds_to_drain(log) < QUIET_SECONDS * 1.5


def _seconds_to_drain(log: Path, refused: bool = False) -> float:
    start = time.monotonic()
    assert Drain(log, "/push", BACKOFF_SECONDS).wait(refused)
    return time.monotonic() - start


def _append(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(line)
