"""``python -m local``, as a person runs it in a terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from local.ports import Ports
from local.processes import Processes
from local.settings import ROOT
from local.waiting import wait_until
from tests.stack import short_directory

SECONDS = 180.0
MARK = "STARTED_BY_TEST"


class Demo:
    """A demo in a folder of its own, all of whose processes bear a mark."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._mark = uuid4().hex
        self._processes = Processes(directory)
        self.process = subprocess.Popen(
            (sys.executable, "-m", "local", "demo", "--directory", str(directory)),
            cwd=ROOT,
            env={**os.environ, **Ports.free().variables(), **environment, MARK: self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def runs(self, name: str) -> bool:
        return self._processes.named(name) is not None

    def kill(self, name: str) -> None:
        process = self._processes.named(name)
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)

    def pids(self) -> list[int]:
        return [process.pid for process in psutil.process_iter() if self._marked(process)]

    def said(self) -> str:
        """All that it printed, once it has ended."""
        return self.process.communicate(timeout=SECONDS)[0]

    def _marked(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return bool(process.environ().get(MARK) == self._mark)
        return False


@contextmanager
def demo(**environment: str) -> Iterator[Demo]:
    with short_directory() as directory:
        running = Demo(directory, environment)
        try:
            yield running
        finally:
            running.process.kill()
            running.process.communicate()
            Processes(directory).stop_all()


def test_a_running_demo_leaves_no_process_behind() -> None:
    with demo() as running:
        assert wait_until(lambda: running.runs("simulator"), SECONDS)
        running.process.send_signal(signal.SIGINT)
        said = running.said()
        assert running.process.returncode == 0, said
        assert "Stopping." in said
        assert running.pids() == []


@pytest.mark.parametrize(
    ("part", "asked"),
    [
        ("postgres", signal.SIGINT),
        ("datastore-emulator", signal.SIGHUP),
        ("command_api", signal.SIGTERM),
    ],
)
def test_a_demo_stopped_while_it_starts_leaves_no_process_behind(
    part: str, asked: signal.Signals
) -> None:
    with demo() as running:
        assert wait_until(lambda: running.runs(part), SECONDS)
        running.process.send_signal(asked)
        said = running.said()
        assert running.process.returncode == 0, said
        assert running.pids() == []


def test_a_demo_that_cannot_start_says_why_and_leaves_no_process_behind() -> None:
    with demo(DATABASE_URL="postgresql+pg8000://nobody@127.0.0.1:1/none") as running:
        said = running.said()
        assert running.process.returncode == 1
        assert "the database's schema could not be made" in said
        assert running.pids() == []


def test_a_process_that_dies_ends_the_demo_and_is_named() -> None:
    with demo() as running:
        assert wait_until(lambda: running.runs("simulator"), SECONDS)
        running.kill("query_api")
        said = running.said()
        assert running.process.returncode == 1
        assert "query_api died" in said
        assert running.pids() == []
