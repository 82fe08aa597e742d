"""The environments that events are replayed from and to, from ``environments.yaml``."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import msgspec.yaml

from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_reader import EventReader

DATASTORE_TIMEOUT = 60.0
"""Seconds; an emulator scans all events for each query."""
EMULATORS = ("pubsub_emulator_host", "datastore_emulator_host")
"""Of an environment that has them; empty, they would be nobody's address."""

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


class BadEnvironment(ValueError):
    """An environment isn't known, isn't configured, or lacks what was asked of it."""

    def __init__(self, problem: str, expected: str = "an environment that is configured") -> None:
        super().__init__(f"{problem}; expected {expected}")
        self.problem = problem
        self.expected = expected


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    project: str
    pubsub_emulator_host: str | None = None
    datastore_emulator_host: str | None = None
    topic_prefix: str = ""
    database_url: str = ""
    queries_at_once: int
    must_confirm: bool

    @property
    def topic_path(self) -> str:
        """What stands before the name of each of its topics."""
        return f"projects/{self.project}/topics/{self.topic_prefix}"

    def datastore(self, timeout: float = DATASTORE_TIMEOUT) -> Datastore:
        """``timeout`` of a call with its retries, in seconds."""
        client = datastore.connect(self.datastore_emulator_host)
        return Datastore(client, self.project, timeout=timeout)

    def events(self) -> EventReader:
        return EventReader(self.datastore(), queries_at_once=self.queries_at_once)


class Environments:
    def __init__(self, known: Mapping[str, Environment]) -> None:
        self._known = known

    @classmethod
    def load(cls, path: Path, variables: Mapping[str, str]) -> "Environments":
        """Read the file. Raises OSError, or msgspec.ValidationError that names what is wrong."""
        text = _VARIABLE.sub(lambda found: _value(found, variables), path.read_text())
        return cls(msgspec.yaml.decode(text, type=dict[str, Environment]))

    def named(self, name: str) -> Environment:
        """Raises BadEnvironment."""
        environment = self._known.get(name)
        if environment is None:
            raise BadEnvironment(f"{name[:40]!a} is not known", f"one of {self.names}")
        for field in ("project", *EMULATORS):
            if getattr(environment, field) == "":
                raise BadEnvironment(f"{name} is not configured here: its {field} is empty")
        return environment

    @property
    def names(self) -> str:
        return ", ".join(self._known)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(found["name"]) or found["default"] or ""
    return msgspec.json.encode(value).decode()
