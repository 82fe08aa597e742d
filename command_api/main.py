"""Composition root of the command service."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command_api.app import CommandApi
from command_api.asgi import CommandApplication
from command_api.settings import Settings
from odds import settings
from odds.adapters import clock, logs, publisher
from odds.adapters.publish_call import PublishCall
from odds.event_bus import EventBus


def create_app() -> CommandApplication:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    logs.configure("command_api", level=given.log_level, project=given.google_cloud_project)
    bus = EventBus.load(Path(given.event_bus_file))
    events = publisher.EventPublisher(
        PublishCall(given.pubsub_emulator_host),
        publisher.connect(given.pubsub_emulator_host),
        bus,
        f"projects/{given.google_cloud_project}/topics/{given.topic_prefix}",
        timeout=given.publish_timeout_seconds,
    )
    return CommandApplication(
        CommandApi(bus, events, clock.now).flask(),
        health=ThreadPoolExecutor(1, thread_name_prefix="health"),
        at_end=events.close,
    )
