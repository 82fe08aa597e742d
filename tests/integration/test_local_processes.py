"""The stack's processes, and what these start themselves."""

import os
import signal
from pathlib import Path

import psutil

from local.part import Part
from local.processes import Process, Processes
from tests.waiting import wait_for


def family(processes: Processes, script: str) -> tuple[Process, psutil.Process]:
    """A shell that runs the script, and the one process that this starts."""
    processes.start(Part("parent", ("sh", "-c", script), lambda: True, ""), os.environ)
    parent = processes.named("parent")
    assert parent is not None
    wait_for(lambda: len(parent.family()) == 2)
    _, child = parent.family()
    return parent, child


def test_what_a_killed_process_started_in_a_session_of_its_own_is_killed_with_it(
    tmp_path: Path,
) -> None:
    processes = Processes(tmp_path)
    _, child = family(processes, "setsid sleep 60 & wait")
    wait_for(lambda: os.getsid(child.pid) == child.pid)
    processes.kill("parent")
    assert processes.named("parent") is None
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_what_a_process_that_died_left_behind_ends_when_it_is_stopped(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    parent, child = family(processes, "sleep 60 & wait")
    os.kill(parent.pid, signal.SIGKILL)
    wait_for(lambda: not parent.alive())
    processes.stop("parent")
    assert processes.all() == ()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
