"""What the command service reads from its environment."""

from odds.adapters.guard.settings import GuardSettings


class Settings(GuardSettings, frozen=True, kw_only=True):
    google_cloud_project: str
    event_bus_file: str = "event_bus.yaml"
    topic_prefix: str = ""
    publish_timeout_seconds: float = 5.0
    otel_exporter_otlp_endpoint: str | None = None
    otel_traces_sampler_arg: float = 1.0
    log_level: str = "INFO"

    @property
    def writes_to_emulator(self) -> bool:
        return self.pubsub_emulator_host is not None
