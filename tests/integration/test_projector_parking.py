"""What the projector does when messages can't be parked."""

from collections.abc import Iterator

import grpc
import pytest

from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore, EventStoreUnavailable
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.telemetry.telemetry import Telemetry
from odds.event import Event
from projector import envelope, parking
from projector.metrics import Metrics
from projector.parking import Parking
from projector.projector import Projector, Taken
from tests.examples import new
from tests.faulty_bus import refused
from tests.faulty_datastore import FaultyDatastore, faulty_datastore
from tests.pushing import push_body

DENIED = refused(grpc.StatusCode.PERMISSION_DENIED)


@pytest.fixture
def relay(datastore_host: str) -> Iterator[tuple[FaultyDatastore, str]]:
    with faulty_datastore(datastore_host) as relay:
        yield relay


@pytest.fixture
def projector(
    relay: tuple[FaultyDatastore, str], project: str, postgres_url: str
) -> Iterator[Projector]:
    client = datastore.connect(relay[1])
    entities = Datastore(client, project, timeout=60)
    engine = postgres.create_engine(postgres_url, pool_size=1)
    metrics = Metrics(Telemetry("projector").meter())
    parking = Parking(ParkedMessages(entities), clock.now, metrics)
    yield Projector(EventStore(entities), parking, ReadModel(engine), clock.now, metrics)
    engine.dispose()
    client.transport.close()  # type: ignore[no-untyped-call]


def store(projector: Projector, *pushed: Event | bytes) -> list[type | Event]:
    """What each is to be projected as, or the type of what became of it."""
    fates = projector.store([envelope.read(push_body(each)) for each in pushed])
    return [fate.event if isinstance(fate, Taken) else type(fate) for fate in fates]


def test_a_message_that_cannot_be_parked_fails_alone(
    projector: Projector, relay: tuple[FaultyDatastore, str]
) -> None:
    relay[0].faults.extend([lambda relay, _: relay(), DENIED])
    first, last = new(), new()
    stored, one, other, also_stored = store(projector, first, b"poison", b"other poison", last)
    assert (stored, also_stored) == (first, last)
    assert {one, other} == {EventStoreUnavailable, type(None)}


def test_poison_that_comes_when_there_is_no_time_left_for_it_comes_again(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "PATIENCE", -1.0)
    event = new()
    assert store(projector, event, b"poison") == [event, EventStoreUnavailable]
