"""``python -m local.make_bus``: make the event bus in an emulator that runs already."""

import os
from pathlib import Path

import msgspec

from local.bus import LocalBus
from odds import settings
from odds.adapters.event_bus import event_bus_file


class Settings(msgspec.Struct, frozen=True):
    google_cloud_project: str
    projector_url: str
    pubsub_emulator_host: str
    event_bus_file: str = "event_bus.yaml"
    topic_prefix: str = ""


def main() -> None:
    given = settings.read(Settings, os.environ)
    bus = event_bus_file.load(Path(given.event_bus_file))
    project, prefix = given.google_cloud_project, given.topic_prefix
    local_bus = LocalBus(given.pubsub_emulator_host, project, bus, prefix, with_policies=False)
    local_bus.create(given.projector_url)


if __name__ == "__main__":
    main()
