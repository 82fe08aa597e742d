"""The stack's processes: started apart from us, remembered on disk, stopped by id."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from local.errors import StackError
from local.part import Part
from local.waiting import wait_until

# The Datastore emulator writes all it holds to disk before it ends.
STOP_SECONDS = 30.0
READY_SECONDS = 180.0
LOG_TAIL_BYTES = 2000
STACK = "MONEYLINE_STACK"
"""The variable that tells a process, and all that it starts, the directory of its stack."""


class Process(msgspec.Struct, frozen=True):
    """``started`` (seconds since the epoch) tells it from a later process of the same id."""

    name: str
    pid: int
    started: float
    address: str
    stop_signal: int
    maker: str = ""

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return False
        return bool(process.create_time() == self.started) and _runs(process)

    def family(self) -> list[psutil.Process]:
        """It, what it started, and what that started."""
        try:
            process = psutil.Process(self.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def orphans(self, directory: Path) -> list[psutil.Process]:
        """What it left behind in its session when it died; ``directory`` is its stack's."""
        return [each for each in psutil.process_iter() if _is_left_in(self.pid, directory, each)]


class Processes:
    """Those of one stack, whichever run of ours started them, in the order of starting."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "processes.json"
        self.logs = directory / "logs"
        self._changing = threading.Lock()
        self._closed = False
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def all(self) -> tuple[Process, ...]:
        if not self._file.exists():
            return ()
        return msgspec.json.decode(self._file.read_bytes(), type=tuple[Process, ...])

    def alive(self) -> tuple[Process, ...]:
        return tuple(process for process in self.all() if process.alive())

    def named(self, name: str) -> Process | None:
        """The process of this name, if it runs."""
        process = self._known(name)
        return process if process is not None and process.alive() else None

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def clear_logs(self, names: Sequence[str]) -> None:
        for log in self.logs.glob("*.log"):
            if log.name.startswith(tuple(names)):
                log.unlink()

    def start(self, part: Part, environment: Mapping[str, str]) -> None:
        """Start a part in a session of its own, so that Ctrl-C reaches us alone.

        A thread does it: signals interrupt only the main one, and between the start of a process
        and its record they would leave it behind.
        """
        with ThreadPoolExecutor(1) as uninterrupted:
            uninterrupted.submit(self._start, part, environment).result()

    def _start(self, part: Part, environment: Mapping[str, str]) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._changing:
            if self._closed:
                raise StackError(f"{part.name} was not started: the stack is being stopped")
            with self.log(part.name).open("ab") as log:
                child = subprocess.Popen(
                    part.command,
                    env={**environment, STACK: str(self._directory)},
                    cwd=part.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._children[child.pid] = child
            self._remember(part, child.pid)

    def wait_ready(self, part: Part) -> None:
        """Return once the part is ready. Raises StackError, with the end of its log, when it dies
        or takes too long."""

        def settled() -> bool:
            return part.ready() or self.named(part.name) is None

        if wait_until(settled, READY_SECONDS) and self.named(part.name) is not None:
            return
        died = self.named(part.name) is None
        what = "died" if died else f"was not ready within {READY_SECONDS:.0f} s"
        raise StackError(f"{part.name} {what}; its log ends:\n{self.log_tail(part.name)}")

    def stop(self, name: str) -> None:
        """Ask a process to end, kill it after a while, forget it.

        It may have died by itself; what it left behind is killed.
        """
        process = self._known(name)
        if process is None:
            return
        if process.alive():
            os.kill(process.pid, process.stop_signal)
        if wait_until(lambda: not process.alive(), STOP_SECONDS):
            _kill(process.orphans(self._directory))
            self._forget(process)
        else:
            self.kill(name)

    def kill(self, name: str) -> None:
        """SIGKILL to a process and to all that it started."""
        process = self.named(name)
        if process is not None:
            family = process.family()
            os.killpg(process.pid, signal.SIGKILL)
            _kill(family)  # those of PostgreSQL have groups of their own
            self._forget(process)

    def give_up(self, names: Sequence[str]) -> None:
        """Stop what was started of these, the last first; nothing can be started any more."""
        with self._changing:
            self._closed = True
        for process in reversed(self.all()):
            if process.name in names:
                self.stop(process.name)

    def stop_all(self) -> None:
        """Stop each, the last started first."""
        for process in reversed(self.all()):
            self.stop(process.name)
        self._file.unlink(missing_ok=True)

    def log_tail(self, name: str) -> str:
        return self.log(name).read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    def _known(self, name: str) -> Process | None:
        return next((process for process in self.all() if process.name == name), None)

    def _remember(self, part: Part, pid: int) -> None:
        started = psutil.Process(pid).create_time()
        process = Process(part.name, pid, started, part.address, int(part.stop_signal), part.maker)
        if (before := self._known(part.name)) is not None:
            self._reap(before)
        others = tuple(other for other in self.all() if other.name != part.name)
        self._write((*others, process))

    def _forget(self, process: Process) -> None:
        self._reap(process)
        with self._changing:
            self._write(tuple(other for other in self.all() if other != process))

    def _reap(self, process: Process) -> None:
        """Take note of the end of one that has ended, if it was our child."""
        child = self._children.pop(process.pid, None)
        if child is not None:
            child.wait()

    def _write(self, processes: tuple[Process, ...]) -> None:
        """Replace the file at once: a reader never sees half of it."""
        written = self._file.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(processes))
        written.replace(self._file)


def _kill(processes: Sequence[psutil.Process]) -> None:
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    wait_until(lambda: not any(map(_runs, processes)), STOP_SECONDS)


def _is_left_in(session: int, directory: Path, process: psutil.Process) -> bool:
    """Its session alone does not make it ours: a later one may have the same id."""
    try:
        if process.pid == session or os.getsid(process.pid) != session:
            return False
        return bool(process.environ().get(STACK) == str(directory))
    except (OSError, psutil.Error):
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        # Java's first thread can end, and look so, while others still write to disk.
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return bool(process.is_running()) and (not zombie or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
