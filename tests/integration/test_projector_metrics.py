"""What the projector measures, and what a collector is told of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.telemetry.telemetry import Telemetry
from odds.command import EventVelocity
from odds.event import Event
from projector import envelope
from projector.metrics import Metrics
from projector.parking import Parking
from projector.projector import Projector, Taken
from tests.collector import collector
from tests.examples import delete, new, update
from tests.integration.patient_projector import serving_projector
from tests.pushing import post, push_body

PREFIX = "moneyline.projector."


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def metrics(reader: InMemoryMetricReader) -> Metrics:
    return Metrics(Telemetry("projector", [reader]).meter())


@pytest.fixture
def projector(
    metrics: Metrics, datastore_host: str, project: str, postgres_url: str
) -> Iterator[Projector]:
    entities = Datastore(datastore.connect(datastore_host), project, timeout=60)
    engine = postgres.create_engine(postgres_url, pool_size=1)
    parking = Parking(ParkedMessages(entities), clock.now, metrics)
    yield Projector(EventStore(entities), parking, ReadModel(engine), clock.now, metrics)
    engine.dispose()


def take(projector: Projector, *pushed: Event | bytes) -> None:
    stored = projector.store([envelope.read(push_body(each)) for each in pushed])
    projector.project([each for each in stored if isinstance(each, Taken)], {})


def points(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """The data points of each metric."""
    data = reader.get_metrics_data()
    assert data is not None
    (scope,) = data.resource_metrics[0].scope_metrics
    return {
        metric.name.removeprefix(PREFIX): [*metric.data.data_points] for metric in scope.metrics
    }


def test_events_are_counted_by_velocity_tier_and_outcome(
    projector: Projector, reader: InMemoryMetricReader
) -> None:
    created = new(velocity=EventVelocity.HIGH)
    take(projector, created, update(created), created, b"poison", delete(created))
    take(projector, created)
    counted = {
        (point.attributes["velocity_tier"], point.attributes["outcome"]): point.value
        for point in points(reader)["events"]
    }
    assert counted == {
        ("high", "applied"): 1,
        ("high", "repeated"): 2,
        ("medium", "applied"): 2,
        ("unknown", "parked"): 1,
    }


def test_batches_are_measured_by_size_age_and_time_in_each_store(
    projector: Projector, reader: InMemoryMetricReader
) -> None:
    now = clock.now()
    events = [new(at=now - 30_000_000), new(at=now - 2_000_000)]
    take(projector, *events)
    take(projector, *events)
    told = points(reader)
    assert [(p.count, p.sum) for p in told["batch.size"]] == [(2, 4)]
    (oldest,), (newest,) = told["oldest_event.age"], told["newest_event.age"]
    assert (oldest.count, newest.count) == (1, 1)
    assert 30 <= oldest.sum < 60
    assert 2 <= newest.sum < 30
    times = {p.attributes["store"]: p.count for p in told["store.duration"]}
    assert times == {"datastore": 2, "postgresql": 2}


def test_the_queue_is_measured_when_somebody_asks(
    metrics: Metrics, reader: InMemoryMetricReader
) -> None:
    depth = [3]
    metrics.watch_queue(lambda: depth[0])
    assert [point.value for point in points(reader)["queue.depth"]] == [3]
    depth[0] = 5
    assert [point.value for point in points(reader)["queue.depth"]] == [5]


def test_a_projector_that_ends_tells_the_collector_what_it_has_measured(
    datastore_host: str, project: str, postgres_url: str
) -> None:
    with collector() as (url, sent):
        environ = {
            "DATABASE_URL": postgres_url,
            "DATASTORE_EMULATOR_HOST": datastore_host,
            "GOOGLE_CLOUD_PROJECT": project,
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        }
        with serving_projector(environ) as projector_url:
            assert post(projector_url, push_body(new())).status == 204
            assert post(projector_url, b"{}").status == 400
        body = sent["/v1/metrics"][-1]
    (told,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    assert ("service.name", "projector") in {
        (fact.key, fact.value.string_value) for fact in told.resource.attributes
    }
    (events,) = (m for m in told.scope_metrics[0].metrics if m.name == PREFIX + "events")
    assert sum(point.as_int for point in events.sum.data_points) == 2
