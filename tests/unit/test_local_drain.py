"""When the event bus counts as empty, told from the projector's access log."""

from pathlib import Path

import pytest

from local import drain
from local.drain import QUIET_SECONDS, Drain

BACKOFF_SECONDS = 1.0


class Time:
    """Stands in for ``time``: sleeping takes none, though lines may be logged meanwhile."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._now = 0.0
        self.to_come: list[tuple[float, str]] = []
        """When a line is logged, and which."""

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        while self.to_come and self.to_come[0][0] <= self._now:
            with self._log.open("a") as file:
                file.write(self.to_come.pop(0)[1])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "access.log"
    log.write_text("/health/ready 503\n/push 204\n")
    return log


@pytest.fixture
def time(log: Path, monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time(log)
    monkeypatch.setattr(drain, "time", time)
    return time


def test_a_bus_whose_pushes_were_all_taken_is_empty_once_it_is_quiet(log: Path, time: Time) -> None:
    assert QUIET_SECONDS <= _seconds_to_drain(log, time) < QUIET_SECONDS + BACKOFF_SECONDS


def test_after_a_refused_push_its_backoff_is_waited_for(log: Path, time: Time) -> None:
    log.write_text("/push 503\n")
    assert _seconds_to_drain(log, time) >= QUIET_SECONDS + BACKOFF_SECONDS


def test_pushes_that_may_have_found_nobody_are_waited_for_too(log: Path, time: Time) -> None:
    assert _seconds_to_drain(log, time, refused=True) >= QUIET_SECONDS + BACKOFF_SECONDS


def test_a_push_meanwhile_starts_the_waiting_again(log: Path, time: Time) -> None:
    time.to_come.append((QUIET_SECONDS / 2, "/push 204\n"))
    assert _seconds_to_drain(log, time) >= QUIET_SECONDS * 1.5


def test_a_push_that_takes_seconds_is_waited_for(log: Path, time: Time) -> None:
    time.to_come.append((4.0, "/push 204\n"))
    assert _seconds_to_drain(log, time) >= 4.0 + QUIET_SECONDS


def test_health_checks_are_no_pushes(log: Path, time: Time) -> None:
    time.to_come.append((QUIET_SECONDS / 2, "/health/ready 200\n"))
    assert _seconds_to_drain(log, time) < QUIET_SECONDS * 1.5


def _seconds_to_drain(log: Path, time: Time, refused: bool = False) -> float:
    assert Drain(log, "/push", BACKOFF_SECONDS).wait(refused)
    return time.monotonic()
