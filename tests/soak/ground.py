"""PostgreSQL and two query services: one that runs on, and one that is restarted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from local.part import Part
from local.plan import migrate
from local.ports import Ports
from local.postgres import Postgres
from local.processes import Processes
from local.services import QUERY_API, service
from tests.integration.query_service import OPEN_DOOR
from tests.stack import short_directory

STEADY, RESTARTED = "steady", "restarted"


class Ground:
    def __init__(self, directory: Path, processes: Processes) -> None:
        self._processes = processes
        postgres = Postgres(directory / "data", durable=False)
        postgres.prepare()
        self.database_url = postgres.url("soak")
        self._start(postgres.part())
        postgres.ensure_database("soak")
        migrate(self._environment())
        ports = Ports.free()
        self.ports = (ports.query_api_port, ports.gateway_port)
        self._parts = {
            name: replace(service(QUERY_API, port), name=name)
            for name, port in zip((STEADY, RESTARTED), self.ports, strict=True)
        }
        self.restarts = 0
        for part in self._parts.values():
            self._start(part)

    def restart(self) -> None:
        """Stop it as Cloud Run does, and start it again in its place."""
        self._processes.stop(RESTARTED)
        self._start(self._parts[RESTARTED])
        self.restarts += 1

    def size(self) -> float:
        """Of the steady service, in MB."""
        found = self._processes.named(STEADY)
        assert found is not None
        master = psutil.Process(found.pid)
        return sum(float(each.memory_info().rss) for each in master.children()) / 1e6

    def _start(self, part: Part) -> None:
        self._processes.start(part, self._environment())
        self._processes.wait_ready(part)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **OPEN_DOOR, "DATABASE_URL": self.database_url}


@contextmanager
def ground() -> Iterator[Ground]:
    with short_directory() as directory:
        processes = Processes(directory)
        try:
            yield Ground(directory, processes)
        finally:
            processes.stop_all()
