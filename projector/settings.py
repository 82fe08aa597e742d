"""What the projector reads from its environment."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    google_cloud_project: str
    database_url: str
    datastore_emulator_host: str | None = None
    event_bus_file: str = "event_bus.yaml"
    log_level: str = "INFO"
