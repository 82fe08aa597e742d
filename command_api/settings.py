"""What the command service reads from its environment."""

from odds.adapters.service_settings import ObservedSettings


class Settings(ObservedSettings, frozen=True, kw_only=True):
    event_bus_file: str = "event_bus.yaml"
    topic_prefix: str = ""
    publish_timeout_seconds: float = 5.0

    @property
    def writes_to_emulator(self) -> bool:
        return self.pubsub_emulator_host is not None
