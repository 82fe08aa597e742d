"""What the command service reads from its environment."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    google_cloud_project: str
    event_bus_file: str = "event_bus.yaml"
    topic_prefix: str = ""
    pubsub_emulator_host: str | None = None
    publish_timeout_seconds: float = 5.0
    log_level: str = "INFO"
