"""Fixtures: real emulators, PostgreSQL and whole stacks, on free ports and in folders of their own.

Each is started once per test run, when a test first asks for it, and stopped by process id.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from local.emulators import embedded, google
from local.emulators.choice import Emulators
from local.part import Part
from local.plan import migrate
from local.ports import Ports
from local.postgres import Postgres
from local.processes import Processes
from local.settings import StackSettings
from local.stack import Stack
from odds import settings

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
        with running(directory, postgres.part()):
            yield Databases(postgres)


@pytest.fixture
def postgres_url(databases: Databases) -> str:
    """A database of the test's own, with the schema of today and no rows."""
    return databases.fresh()


@pytest.fixture(scope="session")
def emulators() -> Emulators:
    """Those that EMULATORS names, else those that are available."""
    return settings.read(StackSettings, os.environ).chosen_emulators()


@pytest.fixture(scope="session")
def datastore_host(emulators: Emulators, request: pytest.FixtureRequest) -> str:
    """A Datastore emulator; a ``project`` of its own keeps a test apart from others."""
    host: str = request.getfixturevalue(f"{emulators}_datastore_host")
    return host


@pytest.fixture(scope="session")
def pubsub_host(emulators: Emulators, request: pytest.FixtureRequest) -> str:
    """A Pub/Sub emulator; a ``project`` of its own keeps a test apart from others."""
    host: str = request.getfixturevalue(f"{emulators}_pubsub_host")
    return host


@pytest.fixture(scope="session")
def google_datastore_host() -> Iterator[str]:
    with short_directory() as directory:
        port = Ports.free().datastore_emulator_port
        with running(directory, google.datastore_emulator(port, directory / "data")) as address:
            yield address


@pytest.fixture(scope="session")
def google_pubsub_host() -> Iterator[str]:
    with short_directory() as directory:
        port = Ports.free().pubsub_emulator_port
        with running(directory, google.pubsub_emulator(port)) as address:
            yield address


@pytest.fixture(scope="session")
def embedded_datastore_host() -> Iterator[str]:
    """Ours, which does wrong when it is told to."""
    with short_directory() as directory:
        port = Ports.free().datastore_emulator_port
        part = embedded.datastore_emulator(port, directory, durable=False, faults=True)
        with running(directory, part) as address:
            yield address


@pytest.fixture(scope="session")
def embedded_pubsub_host() -> Iterator[str]:
    """Ours, which does wrong when it is told to."""
    with short_directory() as directory:
        port = Ports.free().pubsub_emulator_port
        part = embedded.pubsub_emulator(port, directory, durable=False, faults=True)
        with running(directory, part) as address:
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
def fresh_stack(say: Callable[[str], None] = print, *, faults: bool = False) -> Iterator[Stack]:
    """A stack of one's own, not started yet; at the end all of it is stopped.

    With ``faults`` our own emulators do wrong when they are told to.
    """
    with short_directory() as directory:
        asked = msgspec.structs.replace(
            settings.read(StackSettings, os.environ), google_cloud_project="moneyline-test"
        )
        stack = Stack(directory, asked, Ports.free(), say, durable=False, faults=faults)
        try:
            yield stack
        finally:
            stack.stop(lose_events=True)


@contextmanager
def running(directory: Path, part: Part) -> Iterator[str]:
    """A process for as long as the context lasts; yields its address."""
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
