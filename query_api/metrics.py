"""What the query service measures."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from odds.adapters import clock
from odds.adapters.telemetry.durations import SECONDS
from query_api.feed.change import Change
from query_api.stream.tally import Tally

_LAGS = [0.001, 0.0025, *SECONDS, 30, 60]


class Metrics:
    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._feed_lag = meter.create_histogram(
            "moneyline.query_api.feed.lag",
            unit="s",
            description="from a change's projection until every stream that keeps up has it",
            explicit_bucket_boundaries_advisory=_LAGS,
        )
        self._requests = meter.create_counter(
            "moneyline.query_api.requests",
            unit="{request}",
            description="REST requests that were let in, by route and HTTP status",
        )

        self._queries = meter.create_histogram(
            "moneyline.query_api.graphql.duration",
            unit="s",
            description="time of a GraphQL query, by kind of operation and by what became of it",
            explicit_bucket_boundaries_advisory=SECONDS,
        )

    def watch_streams(self, opened: Callable[[], int], tally: Tally) -> None:
        """Tell how many are open, and what they have delivered, whenever somebody asks."""
        self._meter.create_observable_gauge(
            "moneyline.query_api.streams.open",
            [lambda _: [Observation(opened())]],
            unit="{stream}",
            description="subscriptions that are open",
        )
        self._meter.create_observable_counter(
            "moneyline.query_api.changes.delivered",
            [lambda _: [Observation(tally.changes)]],
            unit="{change}",
            description="changes, and odds of images, written to streams",
        )
        self._meter.create_observable_counter(
            "moneyline.query_api.changes.conflated",
            [lambda _: [Observation(tally.conflated)]],
            unit="{change}",
            description="those of them that stood for earlier ones of their odds as well",
        )

    def watch_feed(self, behind: Callable[[], float | None]) -> None:
        """Tell how far it is behind whenever somebody asks; nothing while nothing is known."""

        def observed(_: CallbackOptions) -> list[Observation]:
            seconds = behind()
            return [] if seconds is None else [Observation(seconds)]

        self._meter.create_observable_gauge(
            "moneyline.query_api.feed.behind",
            [observed],
            unit="s",
            description="what projectors had taken so long ago has been streamed for sure",
        )

    def fed(self, changes: Iterable[Change]) -> None:
        """Changes that the fan-out has just delivered."""
        now = clock.now()
        for change in changes:
            if change.projected_at is not None:
                # The clock that they were projected by is PostgreSQL's.
                self._feed_lag.record(max(0, now - change.projected_at) / 1_000_000)

    def request(self, route: str | None, status: int) -> None:
        """``route`` is None where the path or the method has none."""
        self._requests.add(1, {"route": route or "unknown", "status": status})

    def query(self, operation: str, outcome: str, seconds: float) -> None:
        """Of GraphQL. ``operation`` and ``outcome`` are words of ours, never a client's."""
        self._queries.record(seconds, {"operation": operation, "outcome": outcome})
