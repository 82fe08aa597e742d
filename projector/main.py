"""Composition root of the projector."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask

from odds import settings
from odds.adapters import clock, datastore, health, logs, postgres
from odds.adapters.datastore import Datastore
from odds.adapters.event_store import EventStore
from odds.adapters.parked_messages import ParkedMessages
from odds.adapters.read_model import ReadModel
from odds.adapters.wsgi_bridge import wsgi_bridge
from odds.event_bus import EventBus
from projector.asgi import ProjectorApplication
from projector.batcher import Batcher
from projector.projector import Projector
from projector.settings import Settings

CONNECTIONS = 2
"""To PostgreSQL: one for the batch that is being projected, one for health checks."""

PROBE_TIMEOUT = 1.0
"""Seconds that a health check waits for Datastore: probes themselves wait little longer."""


def create_app() -> ProjectorApplication:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    logs.configure("projector", level=given.log_level, project=given.google_cloud_project)
    project = given.google_cloud_project
    client = datastore.connect(given.datastore_emulator_host)
    entities = Datastore(client, project)
    probe = EventStore(Datastore(client, project, timeout=PROBE_TIMEOUT))
    read_model = ReadModel(postgres.create_engine(given.database_url, pool_size=CONNECTIONS))
    projector = Projector(EventStore(entities), ParkedMessages(entities), read_model, clock.now)
    flask = Flask("projector", static_folder=None)
    checks = {"event store": probe.ping, "read model": read_model.ping}
    flask.register_blueprint(health.blueprint(checks))
    return ProjectorApplication(
        Batcher(projector.store, projector.project),
        EventBus.load(Path(given.event_bus_file)).subscription.push_path,
        wsgi_bridge(flask, ThreadPoolExecutor(1, thread_name_prefix="health")),
    )
