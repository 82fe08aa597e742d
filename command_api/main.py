"""Composition root of the command service."""

import os
from pathlib import Path

from flask import Flask

from command_api.app import CommandApi
from command_api.settings import Settings
from odds import settings
from odds.adapters import clock, logs, publisher
from odds.event_bus import EventBus


def create_app() -> Flask:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    logs.configure("command_api", level=given.log_level, project=given.google_cloud_project)
    bus = EventBus.load(Path(given.event_bus_file))
    events = publisher.EventPublisher(
        publisher.connect(given.pubsub_emulator_host),
        bus,
        f"projects/{given.google_cloud_project}/topics/{given.topic_prefix}",
        timeout=given.publish_timeout_seconds,
    )
    return CommandApi(bus, events, clock.now).flask()
