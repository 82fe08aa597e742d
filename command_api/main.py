"""Composition root of the command service."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command_api.app import CommandApi
from command_api.asgi import CommandApplication
from command_api.metrics import Metrics
from command_api.settings import Settings
from odds import settings
from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file, publisher
from odds.adapters.event_bus.publish_call import PublishCall
from odds.adapters.guard.settings import guard
from odds.adapters.http.security_headers import SecurityHeaders
from odds.adapters.telemetry.observe import observe


def create_app() -> SecurityHeaders:
    """The service as its environment describes it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    told = observe("command_api", given)
    bus = event_bus_file.load(Path(given.event_bus_file))
    events = publisher.EventPublisher(
        PublishCall(given.pubsub_emulator_host),
        publisher.connect(given.pubsub_emulator_host),
        bus,
        f"projects/{given.google_cloud_project}/topics/{given.topic_prefix}",
        timeout=given.publish_timeout_seconds,
    )
    tracing, metrics = told.tracing(), Metrics(told.meter())
    commands = CommandApi(bus, events, guard(given), clock.now, tracing, metrics)
    health = ThreadPoolExecutor(1, thread_name_prefix="health")

    async def end() -> None:
        await events.close()
        await asyncio.to_thread(told.close)

    return SecurityHeaders(
        CommandApplication(commands.flask(), tracing, metrics, health=health, at_end=end)
    )
