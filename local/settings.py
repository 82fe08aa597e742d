"""What the stack is told by the environment."""

from pathlib import Path

import msgspec

from local.emulators.choice import Emulators

ROOT = Path(__file__).parent.parent


class StackSettings(msgspec.Struct, frozen=True):
    """Nothing is started for what ``…_host`` or ``database_url`` says is there already."""

    emulators: Emulators | None = None
    """By default Google's when they are installed, else ours."""
    google_cloud_project: str = "moneyline-local"
    pubsub_emulator_host: str | None = None
    datastore_emulator_host: str | None = None
    database_url: str | None = None
    topic_prefix: str = ""
    event_bus_file: str = "event_bus.yaml"

    def chosen_emulators(self) -> Emulators:
        return self.emulators or Emulators.available()

    def event_bus_path(self) -> Path:
        return ROOT / self.event_bus_file
