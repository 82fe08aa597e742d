"""What the event store does when Datastore does wrong."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import pytest
from google.cloud.datastore_v1.services.datastore.transports import DatastoreGrpcTransport

from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore, EventStoreUnavailable
from odds.adapters.event_store.event_store import EventStore
from tests.examples import encoded, new
from tests.faulty_bus import answer_lost, never_answered, refused
from tests.faulty_datastore import FaultyDatastore, faulty_datastore

PATIENT = 30.0
HASTY = 3.0
SLACK = 30.0
"""Seconds that a busy machine may take on top."""


class Faulty(NamedTuple):
    datastore: FaultyDatastore
    store: EventStore


@pytest.fixture
def timeout() -> float:
    return PATIENT


@pytest.fixture
def faulty(datastore_host: str, project: str, timeout: float) -> Iterator[Faulty]:
    with faulty_datastore(datastore_host) as (relay, host):
        client = datastore.connect(host)
        yield Faulty(relay, EventStore(Datastore(client, project, timeout=timeout)))
        client.transport.close()  # type: ignore[no-untyped-call]


PASSING = [
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNAVAILABLE,
]


@pytest.mark.parametrize("code", PASSING)
def test_a_commit_is_made_again_after_what_may_pass(faulty: Faulty, code: grpc.StatusCode) -> None:
    faulty.datastore.faults.extend([refused(code)] * 3)
    event = encoded(new())
    assert faulty.store.record([event]) == {event.event.event_id: event}
    assert faulty.datastore.commits == 4


def test_a_commit_whose_answer_was_lost_stores_each_event_once(faulty: Faulty) -> None:
    faulty.datastore.faults.append(answer_lost)
    events = [encoded(new()) for _ in range(3)]
    assert faulty.store.record(events) == {each.event.event_id: each for each in events}
    assert len(faulty.store.find([each.event.event_id for each in events])) == 3


def test_what_does_not_pass_fails_the_commit_at_once(faulty: Faulty) -> None:
    faulty.datastore.faults.append(refused(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(EventStoreUnavailable):
        faulty.store.record([encoded(new())])
    assert faulty.datastore.commits == 1


@pytest.mark.parametrize("timeout", [HASTY])
def test_however_it_fails_a_commit_ends_within_its_timeout(faulty: Faulty) -> None:
    faulty.datastore.faults.extend([refused(grpc.StatusCode.UNAVAILABLE)] * 2 + [never_answered])
    began = time.monotonic()
    with pytest.raises(EventStoreUnavailable):
        faulty.store.record([encoded(new())])
    assert HASTY / 2 < time.monotonic() - began < HASTY + SLACK


def test_a_connection_to_the_service_is_seen_to_hang_and_tried_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options: dict[str, int] = {}

    def create_channel(**given: Any) -> grpc.Channel:
        options.update(given["options"])
        return grpc.insecure_channel("127.0.0.1:1")

    monkeypatch.setattr(DatastoreGrpcTransport, "create_channel", create_channel)
    datastore.connect(None).transport.close()  # type: ignore[no-untyped-call]
    assert options["grpc.keepalive_time_ms"] + options["grpc.keepalive_timeout_ms"] <= 60_000
    assert options["grpc.max_reconnect_backoff_ms"] <= 1_000
