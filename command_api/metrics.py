"""What the command service measures."""

from contextlib import AbstractContextManager

from opentelemetry.metrics import Meter

from odds.adapters.telemetry.durations import SECONDS, timing
from odds.command import EventVelocity


class Metrics:
    def __init__(self, meter: Meter) -> None:
        self._accepted = meter.create_counter(
            "moneyline.command_api.commands.accepted",
            unit="{command}",
            description="commands whose event the bus has taken, by velocity tier",
        )
        self._refused = meter.create_counter(
            "moneyline.command_api.commands.refused",
            unit="{command}",
            description="commands answered otherwise, by HTTP status",
        )
        self._publish_time = meter.create_histogram(
            "moneyline.command_api.publish.duration",
            unit="s",
            description="time until the bus took an event or was given up, by velocity tier",
            explicit_bucket_boundaries_advisory=SECONDS,
        )

    def accepted(self, velocity: EventVelocity) -> None:
        self._accepted.add(1, {"velocity_tier": str(velocity)})

    def refused(self, status: int) -> None:
        self._refused.add(1, {"status": status})

    def publishing(self, velocity: EventVelocity) -> AbstractContextManager[None]:
        """Time the publishing of an event, whether it succeeds or not."""
        return timing(self._publish_time, velocity_tier=str(velocity))
