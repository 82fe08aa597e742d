"""An event store and a read model of a test's own, and what the replayer makes of them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Engine, select, text

from odds import event_codec
from odds.adapters.event_store import event_entity
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.event import Event, OddsKey
from odds.fold import Odds, Outcome
from odds.v1 import event_pb2
from replayer.environments import Environment
from replayer.recovery.odds_rows import as_folded
from replayer.recovery.parts import StoreSource
from replayer.recovery.rebuild import Rebuild, Rebuilt
from replayer.recovery.verify import Verified, Verify
from tests.examples import encoded, new, update
from tests.paths import ROOT

NOWHERE = "127.0.0.1:1"


class Recovery(NamedTuple):
    environment: Environment
    datastore: Datastore
    engine: Engine

    def with_bus(self, pubsub_host: str) -> "Recovery":
        environment = msgspec.structs.replace(self.environment, pubsub_emulator_host=pubsub_host)
        return self._replace(environment=environment)

    def store(self, events: Sequence[Event]) -> None:
        EventStore(self.datastore).record([encoded(event) for event in events])

    def project(self, events: Sequence[Event]) -> dict[UUID, Outcome]:
        return ReadModel(self.engine).project(events)

    def take(self, events: Sequence[Event]) -> None:
        """Store, then project, as the projector does."""
        self.store(events)
        self.project(events)

    def store_bytes(self, event: Event, data: bytes) -> None:
        """Let these bytes stand where the event belongs."""
        entity = event_entity.to_entity(
            self.datastore.key(event_entity.KIND, str(event.event_id)), encoded(event)
        )
        entity.properties["Data"].blob_value = data
        self.datastore.upsert(entity)

    def rebuild(self, **options: Any) -> Rebuilt:
        with self.environment.events() as reader:
            source = StoreSource(self.environment)
            return Rebuild(source, reader, self.environment.database_url, **options).run()

    def verify(self, **options: Any) -> Verified:
        with self.environment.events() as reader:
            return Verify(StoreSource(self.environment), reader, self.engine, **options).run()

    def run(self, *arguments: str, variables: dict[str, str] | None = None) -> str:
        """What ``python -m replayer`` prints. Raises CalledProcessError."""
        command = [sys.executable, "-m", "replayer", *arguments]
        given = self.variables() | (variables or {})
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)
        done.check_returncode()
        return done.stdout

    def variables(self) -> dict[str, str]:
        given = self.environment
        return {
            **os.environ,
            "GOOGLE_CLOUD_PROJECT": given.project,
            "DATASTORE_EMULATOR_HOST": given.datastore_emulator_host or "",
            "PUBSUB_EMULATOR_HOST": given.pubsub_emulator_host or NOWHERE,
            "DATABASE_URL": given.database_url,
        }

    def rows(self) -> dict[OddsKey, Odds]:
        with self.engine.connect() as connection:
            return dict(as_folded(row) for row in connection.execute(select(odds)))

    def logged(self) -> list[UUID]:
        """The events of the log, in feed order."""
        log = odds_event_log.c
        with self.engine.connect() as connection:
            feed = select(log.event_id).order_by(log.xid, log.id)
            return list(connection.execute(feed).scalars())

    def scalar(self, statement: str) -> Any:
        with self.engine.connect() as connection:
            return connection.scalar(text(statement))

    def change(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def generation(self) -> UUID:
        return UUID(str(self.scalar("SELECT generation FROM read_model_generation")))


@contextmanager
def opened(
    project: str, datastore_host: str, database_url: str, pubsub_host: str | None = None
) -> Iterator[Recovery]:
    environment = Environment(
        project=project,
        pubsub_emulator_host=pubsub_host,
        datastore_emulator_host=datastore_host,
        database_url=database_url,
        queries_at_once=2,
        must_confirm=False,
    )
    engine = postgres.create_engine(database_url, pool_size=8)
    try:
        yield Recovery(environment, environment.datastore(), engine)
    finally:
        engine.dispose()


def some_events(count: int, *, salt: str = "") -> list[Event]:
    """A NewOdds for every ten events, and updates of it; games of one to three odds."""
    events: list[Event] = []
    for number in range(count):
        at = 1_790_000_000_000_000 + number * 1000
        if number % 10 == 0:
            game = f"soccer:{salt}{number // 10 % 7}"
            created = new(at=at, request_id=f"{salt}{number}", game_id=game)
            events.append(created)
        else:
            home = 1.5 + number / 1000
            request_id = f"{salt}{number}"
            changed = update(created, at=at, home=home, request_id=request_id, game_id=game)
            events.append(changed)
    return events


def of_newer_schema(event: Event) -> bytes:
    message = event_pb2.Event.FromString(event_codec.encode(event))
    message.schema_version = 99
    return message.SerializeToString() + b"\xfa\x06\x03new"
