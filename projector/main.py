"""Composition root of the projector."""

import os
from pathlib import Path

from flask import Flask

from odds import settings
from odds.adapters import clock, datastore, logs, postgres
from odds.adapters.event_store import EventStore
from odds.adapters.parked_messages import ParkedMessages
from odds.adapters.read_model import ReadModel
from odds.event_bus import EventBus
from projector import app
from projector.projector import Projector
from projector.settings import Settings


def create_app() -> Flask:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    logs.configure("projector", level=given.log_level, project=given.google_cloud_project)
    entities = datastore.Datastore(
        datastore.connect(given.datastore_emulator_host), given.google_cloud_project
    )
    store = EventStore(entities)
    engine = postgres.create_engine(given.database_url, pool_size=given.database_pool_size)
    read_model = ReadModel(engine)
    push_path = EventBus.load(Path(given.event_bus_file)).subscription.push_path
    projector = Projector(store, ParkedMessages(entities), read_model, clock.now)
    return app.create(projector, push_path, store, read_model)
