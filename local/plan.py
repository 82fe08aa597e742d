"""What one stack is made of, where each part listens, and what it is given."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from local import services
from local.bus import LocalBus
from local.drain import ACCESS_LOG_FORMAT
from local.emulators.google import DATASTORE, PUBSUB
from local.errors import StackError
from local.part import Part
from local.ports import HOST, Ports
from local.postgres import NAME as POSTGRES
from local.postgres import Postgres
from local.services import COMMAND_API, GATEWAY, PROJECTOR, QUERY_API, REPLAYER
from local.settings import ROOT, StackSettings
from odds.adapters.event_bus import event_bus_file
from odds.event_bus import EventBus

DATABASE = "moneyline"


class Plan:
    def __init__(
        self,
        directory: Path,
        settings: StackSettings,
        ports: Ports,
        say: Callable[[str], None],
        durable: bool = True,
        faults: bool = False,
    ) -> None:
        """Raises StackError where the event bus' file can't be read."""
        self.bus = _event_bus(settings.event_bus_path())
        self.access_log = directory / "logs" / "projector-access.log"
        self.gateway_url = f"http://{HOST}:{ports.gateway_port}"
        self.emulators = settings.chosen_emulators()
        self._data = directory / "data"
        self._durable = durable
        self._faults = faults
        self._settings = settings
        self._ports = ports
        self._postgres = Postgres(self._data / "postgres", durable, say)

    def ground(self) -> tuple[str, ...]:
        """What the services stand on and we start: what the environment gives is left out."""
        given = {
            POSTGRES: self._settings.database_url,
            DATASTORE: self._settings.datastore_emulator_host,
            PUBSUB: self._settings.pubsub_emulator_host,
        }
        return tuple(name for name, address in given.items() if address is None)

    def ports(self) -> dict[str, int]:
        """The port of each part that has one, named as its variable is but for ``_PORT``."""
        return {
            DATASTORE: self._ports.datastore_emulator_port,
            PUBSUB: self._ports.pubsub_emulator_port,
            PROJECTOR: self._ports.projector_port,
            QUERY_API: self._ports.query_api_port,
            COMMAND_API: self._ports.command_api_port,
            REPLAYER: self._ports.replayer_port,
            GATEWAY: self._ports.gateway_port,
        }

    def part(self, name: str) -> Part:
        """Raises StackError where something is not installed."""
        ports, emulators = self.ports(), self.emulators
        how = (self._data, self._durable, self._faults)
        makers: dict[str, Callable[[], Part]] = {
            POSTGRES: self._postgres.part,
            DATASTORE: lambda: emulators.datastore(ports[DATASTORE], *how),
            PUBSUB: lambda: emulators.pubsub(ports[PUBSUB], *how),
            PROJECTOR: lambda: services.service(PROJECTOR, ports[PROJECTOR], *self._access_log()),
            GATEWAY: lambda: services.gateway(ports[GATEWAY]),
        }
        make = makers.get(name, lambda: services.service(name, ports[name]))
        return make()

    def environment(self) -> dict[str, str]:
        """What the services are started with."""
        given = self._settings
        datastore = f"{HOST}:{self._ports.datastore_emulator_port}"
        return {
            "GRAPHIQL": "true",
            "INTROSPECTION": "true",
            **os.environ,
            **self._ports.variables(),
            "GOOGLE_CLOUD_PROJECT": given.google_cloud_project,
            # Whatever the shell has it be: what is kept by the stack's replayer is kept here.
            "REPLAYER_ENV": "local",
            "PUBSUB_EMULATOR_HOST": self._pubsub_host(),
            "DATASTORE_EMULATOR_HOST": given.datastore_emulator_host or datastore,
            "DATABASE_URL": given.database_url or self._postgres.url(DATABASE),
            "TOPIC_PREFIX": given.topic_prefix,
            "EVENT_BUS_FILE": str(given.event_bus_path()),
        }

    def before(self, name: str) -> None:
        """What must be there before a part can start."""
        if name == POSTGRES:
            self._postgres.prepare()

    def after(self, name: str) -> None:
        """What a part that runs must hold before others can use it."""
        if name == POSTGRES:
            self._make_schema()
        if name == PUBSUB:
            self.local_bus().create(f"http://{HOST}:{self._ports.projector_port}")

    def local_bus(self) -> LocalBus:
        given = self._settings
        return LocalBus(
            self._pubsub_host(),
            given.google_cloud_project,
            self.bus,
            given.topic_prefix,
            with_policies=PUBSUB in self.ground() and self.emulators.keeps_policies,
        )

    def _make_schema(self) -> None:
        if POSTGRES in self.ground():
            self._postgres.ensure_database(DATABASE)
        migrate(self.environment())

    def _pubsub_host(self) -> str:
        ours = f"{HOST}:{self._ports.pubsub_emulator_port}"
        return self._settings.pubsub_emulator_host or ours

    def _access_log(self) -> tuple[str, ...]:
        file = ("--access-logfile", str(self.access_log.resolve()))
        return (*file, "--access-logformat", ACCESS_LOG_FORMAT)


def _event_bus(path: Path) -> EventBus:
    try:
        return event_bus_file.load(path)
    except OSError as error:
        raise StackError(f"EVENT_BUS_FILE: {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise StackError(f"EVENT_BUS_FILE: {path}: {' '.join(str(error).split())}") from error


def migrate(environment: dict[str, str]) -> None:
    """Bring the schema of DATABASE_URL up to date. Raises StackError with what went wrong."""
    command = (sys.executable, "-m", "odds.adapters.read_model.migrate")
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise StackError(f"the database's schema could not be made:\n{done.stderr}")
