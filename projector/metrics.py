"""What the projector measures."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from opentelemetry.metrics import Meter, Observation

from odds.adapters.telemetry.durations import SECONDS, timing
from odds.command import EventVelocity

DATASTORE, POSTGRESQL = "datastore", "postgresql"

_BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 150, 200, 250]
_AGES = [*SECONDS, 30, 60, 300, 3600, 86400]
_VELOCITIES = {str(velocity) for velocity in EventVelocity}


class Metrics:
    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._events = meter.create_counter(
            "moneyline.projector.events",
            unit="{event}",
            description="events pushed, by velocity tier and by what became of them",
        )
        self._batch_size = meter.create_histogram(
            "moneyline.projector.batch.size",
            unit="{event}",
            description="events per transaction of the read model",
            explicit_bucket_boundaries_advisory=_BATCH_SIZES,
        )
        self._newest_age, self._oldest_age = (
            meter.create_histogram(
                f"moneyline.projector.{which}_event.age",
                unit="s",
                description=f"from CreatedAt to commit, of the {which} event of each batch",
                explicit_bucket_boundaries_advisory=_AGES,
            )
            for which in ("newest", "oldest")
        )
        self._store_time = meter.create_histogram(
            "moneyline.projector.store.duration",
            unit="s",
            description="time of a batch in Datastore and in PostgreSQL, with all its attempts",
            explicit_bucket_boundaries_advisory=SECONDS,
        )

    def watch_queue(self, depth: Callable[[], int]) -> None:
        """Tell how many messages wait whenever somebody asks."""
        self._meter.create_observable_gauge(
            "moneyline.projector.queue.depth",
            [lambda _: [Observation(depth())]],
            unit="{message}",
            description="messages that wait for a batch",
        )

    def events(self, counts: Mapping[tuple[str | None, str], int]) -> None:
        """Count events by velocity tier, which may be what a stranger wrote into a message, and by
        outcome."""
        for (velocity, outcome), count in counts.items():
            known = str(velocity) if velocity in _VELOCITIES else "unknown"
            self._events.add(count, {"velocity_tier": known, "outcome": outcome})

    def batch(self, size: int, ages: Sequence[int]) -> None:
        """``ages`` are those of the events that had not been projected before, in µs."""
        self._batch_size.record(size)
        if ages:
            self._newest_age.record(min(ages) / 1_000_000)
            self._oldest_age.record(max(ages) / 1_000_000)

    def timing(self, store: str) -> AbstractContextManager[None]:
        """Time a batch in DATASTORE or POSTGRESQL, whether it succeeds or not."""
        return timing(self._store_time, store=store)
