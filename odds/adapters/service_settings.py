"""What every service reads from its environment."""

from odds.adapters.guard.settings import GuardSettings
from odds.adapters.telemetry import logs


class ServiceSettings(GuardSettings, frozen=True, kw_only=True):
    """``google_cloud_project`` is that of topics, events and logs. It has no default: in an image
    that runs in the cloud as well none would be right."""

    google_cloud_project: str
    log_level: str = logs.LEVEL


class ObservedSettings(ServiceSettings, frozen=True, kw_only=True):
    """Of a service that is measured and traced; named as OpenTelemetry names them."""

    otel_exporter_otlp_endpoint: str | None = None
    otel_traces_sampler_arg: float = 1.0
