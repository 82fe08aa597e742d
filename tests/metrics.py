"""What was measured, as a reader in memory has it."""

from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader


def gauge(reader: InMemoryMetricReader, name: str) -> float | None:
    """Its one value; None where nothing is told."""
    data = reader.get_metrics_data()
    if data is None:
        return None
    (scope,) = data.resource_metrics[0].scope_metrics
    points: dict[str, Any] = {each.name: each.data.data_points for each in scope.metrics}
    told = [point.value for point in points.get(name, ())]
    return told[0] if told else None
