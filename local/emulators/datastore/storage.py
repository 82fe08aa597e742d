"""The SQLite database: entities, and an index of their properties in order."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

# Pages are small because writes are scattered: a page goes to the log whole.
_SETTINGS = """
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 32768;
"""

# entity.result is a serialized EntityResult. A key is unique within its kind, as it ends in it.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kind (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    database TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (project, database, namespace, name)
) STRICT;
CREATE TABLE IF NOT EXISTS property (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, name)
) STRICT;
CREATE TABLE IF NOT EXISTS entity (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    version INTEGER NOT NULL,
    result BLOB NOT NULL,
    UNIQUE (kind, key)
) STRICT;
CREATE TABLE IF NOT EXISTS reserved (
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    property INTEGER NOT NULL,
    value BLOB NOT NULL,
    key BLOB NOT NULL,
    entity INTEGER NOT NULL,
    PRIMARY KEY (property, value, key)
) STRICT, WITHOUT ROWID;
"""

_FIND_KIND = "SELECT id FROM kind WHERE project = ? AND database = ? AND namespace = ? AND name = ?"
_ADD_KIND = "INSERT INTO kind (project, database, namespace, name) VALUES (?, ?, ?, ?) RETURNING id"
_KINDS = "SELECT id FROM kind WHERE project = ? AND database = ? AND namespace = ?"
_FIND_PROPERTY = "SELECT id FROM property WHERE kind = ? AND name = ?"
_ADD_PROPERTY = "INSERT INTO property (kind, name) VALUES (?, ?) RETURNING id"


class Partition(NamedTuple):
    project: str
    database: str
    namespace: str


class Database:
    """One connection, for one thread at a time, and the numbers of kinds and their properties.

    Each statement stands for itself until a BEGIN.
    """

    def __init__(self, file: Path) -> None:
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        connection.executescript(_SETTINGS)
        self.connection = connection
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.close = connection.close
        self._numbers: dict[tuple[str | int, ...], int] = {}

    @classmethod
    def made(cls, file: Path, *, durable: bool = True) -> "Database":
        """Made where there is none yet; a crash of the machine may lose what isn't durable."""
        file.parent.mkdir(parents=True, exist_ok=True)
        database = cls(file)
        if not durable:
            database.execute("PRAGMA synchronous = OFF")
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        return database

    def kind(self, partition: Partition, name: str) -> int | None:
        """None where nothing of the kind was ever stored."""
        return self._number((*partition, name), _FIND_KIND)

    def kinds(self, partition: Partition) -> list[int]:
        return [number for (number,) in self.execute(_KINDS, partition)]

    def add_kind(self, partition: Partition, name: str) -> int:
        place = (*partition, name)
        return self._number(place, _FIND_KIND) or self._add(place, _ADD_KIND)

    def property(self, kind: int, name: str) -> int | None:
        """None where no entity ever had such an indexed property."""
        return self._number((kind, name), _FIND_PROPERTY)

    def add_property(self, kind: int, name: str) -> int:
        place = (kind, name)
        return self._number(place, _FIND_PROPERTY) or self._add(place, _ADD_PROPERTY)

    def undo(self, savepoint: str | None = None) -> None:
        """Roll back, and forget what may have been numbered since the BEGIN, or the savepoint."""
        self._numbers.clear()
        if savepoint is None:
            self.connection.rollback()
        else:
            self.execute(f"ROLLBACK TO {savepoint}")

    def _number(self, place: tuple[str | int, ...], find: str) -> int | None:
        number = self._numbers.get(place)
        if number is None and (row := self.execute(find, place).fetchone()):
            number = self._numbers[place] = row[0]
        return number

    def _add(self, place: tuple[str | int, ...], add: str) -> int:
        (number,) = self.execute(add, place).fetchone()
        self._numbers[place] = number
        return int(number)
