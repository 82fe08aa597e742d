"""What a benchmark runs on: stores and services of its own, stopped at the end."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from local.emulators import datastore_emulator, pubsub_emulator
from local.part import Part
from local.plan import migrate
from local.ports import HOST, Ports
from local.postgres import Postgres
from local.processes import Processes
from local.settings import ROOT
from local.waiting import answers_ok


class Ground:
    """PostgreSQL (durable, as in earnest) and the emulators, each started when first asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
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
        return self._start(
            datastore_emulator(self.ports.datastore_emulator_port, self._directory / "events"), {}
        )

    def pubsub_host(self) -> str:
        return self._start(pubsub_emulator(self.ports.pubsub_emulator_port), {})

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

    def stop(self) -> None:
        self._processes.stop_all()

    def _start(self, part: Part, environ: Mapping[str, str]) -> str:
        self._processes.start(part, {**os.environ, **environ})
        self._processes.wait_ready(part)
        return part.address


@contextmanager
def ground() -> Iterator[Ground]:
    with ExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="moneyline-")))
        ground = Ground(directory)
        opened.callback(ground.stop)
        yield ground
