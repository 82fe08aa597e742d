"""Logs, metrics and traces of a service, as its settings have them."""

from odds.adapters.service_settings import ObservedSettings
from odds.adapters.telemetry import logs
from odds.adapters.telemetry.telemetry import Telemetry, telemetry


def observe(service: str, given: ObservedSettings) -> Telemetry:
    """Send all logs of this process to stdout, and what it measures and traces where it is told to.

    Raises SettingsError.
    """
    logs.configure(service, level=given.log_level, project=given.google_cloud_project)
    return telemetry(
        service,
        given.otel_exporter_otlp_endpoint,
        project=given.google_cloud_project,
        ratio=given.otel_traces_sampler_arg,
    )
