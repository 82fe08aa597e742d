"""What the projector reads from its environment."""

from odds.adapters.service_settings import ObservedSettings


class Settings(ObservedSettings, frozen=True, kw_only=True):
    database_url: str
    event_bus_file: str = "event_bus.yaml"

    @property
    def writes_to_emulator(self) -> bool:
        return self.datastore_emulator_host is not None
