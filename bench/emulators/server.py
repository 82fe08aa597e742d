"""An emulator as a process of its own, and what a piece of work costs it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from local.part import Part
from local.ports import Ports
from local.processes import Processes


class Server(NamedTuple):
    host: str
    process: psutil.Process

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running(make: Callable[[int, Path], Part]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="moneyline-") as directory:
        processes = Processes(Path(directory))
        part = make(Ports.free().datastore_emulator_port, Path(directory) / "data")
        try:
            processes.start(part, os.environ)
            processes.wait_ready(part)
            started = processes.named(part.name)
            assert started is not None
            yield Server(part.address, psutil.Process(started.pid))
        finally:
            processes.stop_all()


def measured(whose: str, server: Server, what: str, items: int, work: Callable[[], object]) -> None:
    """Do the work, and print its pace and what it cost the server."""
    began, cpu = time.monotonic(), server.cpu()
    work()
    seconds, used = time.monotonic() - began, server.cpu() - cpu
    each = f"{items / seconds:>9,.0f}/s, {used / items * 1e6:>7,.0f} µs of the server's CPU each"
    print(f"{whose}  {what:<34} {seconds:7.2f} s {each}", flush=True)
