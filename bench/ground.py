"""What a benchmark runs on: stores and services of its own, stopped at the end."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from local.part import Part
from local.plan import migrate
from local.ports import HOST, Ports
from local.postgres import Postgres
from local.processes import Processes
from local.settings import ROOT, StackSettings
from local.waiting import answers_ok
from odds import settings


class Ground:
    """PostgreSQL (durable, as in earnest) and the emulators that EMULATORS names, each started when
    first asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.emulators = settings.read(StackSettings, os.environ).chosen_emulators()
        self._processes = Processes(directory)
        self._postgres: Postgres | None = None
        self.ports = Ports.free()

    def database_url(self) -> str:
        """The URL of a new read model."""
        if self._postgres is None:
            self._postgres = Postgres(self._directory / "postgres")
            self._postgres.prepare()
            self._start(self._postgres.part(), {})
        name = f"bench_{uuid4().hex}"
        self._postgres.ensure_database(name)
        url = self._postgres.url(name)
        migrate({**os.environ, "DATABASE_URL": url})
        return url

    def datastore_host(self) -> str:
        port = self.ports.datastore_emulator_port
        return self._start(self.emulators.datastore(port, self._directory, durable=True), {})

    def pubsub_host(self) -> str:
        port = self.ports.pubsub_emulator_port
        return self._start(self.emulators.pubsub(port, self._directory, durable=True), {})

    def instant_datastore_host(self) -> str:
        """One that keeps nothing."""
        port = Ports.free().datastore_emulator_port
        command = (sys.executable, "-m", "bench.projector.instant_datastore", str(port))
        address = f"{HOST}:{port}"
        part = Part("instant", command, lambda: _accepts(port), address, directory=ROOT)
        return self._start(part, {})

    @contextmanager
    def gunicorn(self, name: str, *options: str, **environ: str) -> Iterator[str]:
        """A server under gunicorn; yields its URL, and stops it at the end."""
        port = Ports.free().gateway_port
        command = (sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", *options)
        url = f"http://{HOST}:{port}"
        part = Part(name, command, lambda: answers_ok(f"{url}/health/live"), url, directory=ROOT)
        self._start(part, environ)
        try:
            yield url
        finally:
            self._processes.stop(name)

    def processor_seconds(self) -> dict[str, float]:
        """Of each part and all that it started, since then."""
        return {each.name: _processor_seconds(each.pid) for each in self._processes.alive()}

    def stop(self) -> None:
        self._processes.stop_all()

    def _start(self, part: Part, environ: Mapping[str, str]) -> str:
        self._processes.start(part, {**os.environ, **environ})
        self._processes.wait_ready(part)
        return part.address


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _processor_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(map(_own_seconds, (process, *process.children(recursive=True))))


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return 0.0
    return float(times.user + times.system)


@contextmanager
def ground() -> Iterator[Ground]:
    with ExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="moneyline-")))
        ground = Ground(directory)
        opened.callback(ground.stop)
        yield ground
