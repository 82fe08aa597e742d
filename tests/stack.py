"""Fixtures: real emulators, PostgreSQL and whole stacks, on free ports and in folders of their own.

Each is started once per test run, when a test first asks for it, and stopped by process id.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from local.emulators import datastore_emulator, pubsub_emulator
from local.part import Part
from local.plan import migrate
from local.ports import Ports
from local.postgres import Postgres
from local.processes import Processes
from local.settings import StackSettings
from local.stack import Stack

TEMPLATE = "template_of_read_models"


class Databases:
    """A PostgreSQL server that makes a fresh read model in some 30 ms."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        postgres.ensure_database(TEMPLATE)
        migrate({**os.environ, "DATABASE_URL": postgres.url(TEMPLATE)})

    def fresh(self) -> str:
        """The SQLAlchemy URL of a new, migrated, empty database that nobody else has."""
        name = f"test_{uuid4().hex}"
        self._postgres.copy_database(name, TEMPLATE)
        return self._postgres.url(name)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    with short_directory() as directory:
        postgres = Postgres(directory / "data", durable=False)
        postgres.prepare()
        with _running(directory, postgres.part()):
            yield Databases(postgres)


@pytest.fixture
def postgres_url(databases: Databases) -> str:
    """A database of the test's own, with the schema of today and no rows."""
    return databases.fresh()


@pytest.fixture(scope="session")
def datastore_host() -> Iterator[str]:
    """A Datastore emulator; a ``project`` of its own keeps a test apart from others."""
    with short_directory() as directory:
        port = Ports.free().datastore_emulator_port
        with _running(directory, datastore_emulator(port, directory / "data")) as address:
            yield address


@pytest.fixture(scope="session")
def pubsub_host() -> Iterator[str]:
    """A Pub/Sub emulator; a ``project`` of its own keeps a test apart from others."""
    with short_directory() as directory:
        port = Ports.free().pubsub_emulator_port
        with _running(directory, pubsub_emulator(port)) as address:
            yield address


@pytest.fixture
def project() -> str:
    """The name of a cloud project that no other test uses."""
    return f"test-{uuid4().hex[:20]}"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole stack, shared by all tests: leave each part running."""
    with fresh_stack() as stack:
        stack.start()
        yield stack


@contextmanager
def fresh_stack(say: Callable[[str], None] = print) -> Iterator[Stack]:
    """A stack of one's own, not started yet; at the end all of it is stopped."""
    with short_directory() as directory:
        settings = StackSettings(google_cloud_project="moneyline-test")
        stack = Stack(directory, settings, Ports.free(), say, durable=False)
        try:
            yield stack
        finally:
            stack.stop(lose_events=True)


@contextmanager
def _running(directory: Path, part: Part) -> Iterator[str]:
    processes = Processes(directory)
    try:
        processes.start(part, os.environ)
        processes.wait_ready(part)
        yield part.address
    finally:
        processes.stop_all()


@contextmanager
def short_directory() -> Iterator[Path]:
    """Short, as a socket's path has to be, and open to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="moneyline-") as directory:
        yield Path(directory)
