"""Composition root of the projector."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask

from odds import settings
from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.guard.settings import guard
from odds.adapters.http import health
from odds.adapters.http.wsgi_bridge import wsgi_bridge
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.telemetry.observe import observe
from projector.asgi import ProjectorApplication
from projector.batcher import Batcher
from projector.metrics import Metrics
from projector.parking import Parking
from projector.projector import Projector
from projector.settings import Settings

CONNECTIONS = 3
"""To PostgreSQL: for the batch that is being projected, for health checks and for heartbeats."""

PATIENCE = 3.0
"""Seconds that a store may take for one attempt at a batch, and in which a failed attempt is
followed by another one."""

PROBE_TIMEOUT = 1.0
"""Seconds that a health check waits for Datastore: probes themselves wait little longer."""


def create_app() -> ProjectorApplication:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    told = observe("projector", given)
    metrics = Metrics(told.meter())
    project = given.google_cloud_project
    client = datastore.connect(given.datastore_emulator_host)
    entities = Datastore(client, project, timeout=PATIENCE)
    probe = EventStore(Datastore(client, project, timeout=PROBE_TIMEOUT))
    engine = postgres.create_engine(
        given.database_url, pool_size=CONNECTIONS, timeout=PATIENCE, statement_timeout=PATIENCE
    )
    read_model = ReadModel(engine, patience=PATIENCE)
    store = EventStore(entities)
    projector = Projector(
        store,
        Parking(ParkedMessages(entities), clock.now, metrics),
        read_model,
        clock.now,
        metrics,
    )
    tracing = told.tracing()
    batcher = Batcher(projector.store, projector.project, tracing)
    metrics.watch_queue(batcher.waiting)
    flask = Flask("projector", static_folder=None)
    door = guard(given)
    checks = {"event store": probe.ping, "read model": read_model.ping, "signing keys": door.ready}
    flask.register_blueprint(health.blueprint(checks))

    def beat() -> None:
        # Without either store prices stand still, which readers must not take for a quiet market.
        store.ping()
        read_model.beat()

    def end() -> None:
        read_model.close()
        told.close()

    return ProjectorApplication(
        batcher,
        door,
        event_bus_file.load(Path(given.event_bus_file)).subscription.push_path,
        wsgi_bridge(flask, ThreadPoolExecutor(1, thread_name_prefix="health")),
        metrics,
        tracing,
        beat=beat,
        at_end=end,
    )
