"""Our Pub/Sub emulator as a process: what it keeps, and what it does wrong when told to."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from google.api_core import exceptions
from google.pubsub_v1.types import StreamingPullRequest

from local.emulators import embedded, faults
from local.emulators.faults import Fault, Wrong
from local.ports import Ports
from local.processes import Processes
from odds.adapters import emulator
from tests.contract.pubsub import AT_ONCE, PubSub, clients
from tests.push_endpoint import PushEndpoint, push_endpoint
from tests.stack import short_directory
from tests.waiting import wait_for

Tell = Callable[..., None]
CUT_OFF = (exceptions.ServiceUnavailable, exceptions.Cancelled)
"""What a call ends with that goes over a connection which is being cut."""


@pytest.fixture
def pubsub(embedded_pubsub_host: str, project: str) -> PubSub:
    return clients(embedded_pubsub_host, project)


@pytest.fixture
def tell(embedded_pubsub_host: str) -> Iterator[Tell]:
    with emulator.channel(embedded_pubsub_host) as channel:
        yield partial(faults.tell, channel)
        faults.tell(channel)


@pytest.fixture
def endpoint() -> Iterator[PushEndpoint]:
    with push_endpoint() as endpoint:
        yield endpoint


def test_all_that_was_published_and_not_acknowledged_outlives_a_kill(project: str) -> None:
    with short_directory() as directory:
        part = embedded.pubsub_emulator(Ports.free().pubsub_emulator_port, directory, durable=False)
        processes = Processes(directory)
        try:
            processes.start(part, os.environ)
            processes.wait_ready(part)
            pubsub = clients(part.address, project)
            began = datetime.now(UTC) - timedelta(seconds=1)
            path = pubsub.create(enable_message_ordering=True, retain_acked_messages=True)
            pubsub.publish(*(b"%d" % number for number in range(100)), key="k")
            assert pubsub.pull_data(40) == [b"%d" % number for number in range(40)]
            pubsub.publish(b"the acknowledgements are on disk with it", key="l")
            processes.kill(part.name)
            processes.start(part, os.environ)
            processes.wait_ready(part)
            pubsub = clients(part.address, project)
            came = pubsub.pull_data(61)
            of_key = [data for data in came if len(data) < 3]
            assert of_key == [b"%d" % number for number in range(40, 100)]
            pubsub.subscriber.seek(request={"subscription": path, "time": began}, **AT_ONCE)
            assert len(pubsub.pull_data(101)) == 101
        finally:
            processes.stop_all()


def test_a_publish_whose_answer_is_lost_was_made(pubsub: PubSub, tell: Tell) -> None:
    pubsub.create()
    tell(Fault(Wrong.LOSE_ANSWER, "Publish"))
    with pytest.raises(exceptions.ServiceUnavailable):
        pubsub.publish(b"a")
    assert pubsub.pull_data(1) == [b"a"]


def test_a_publish_that_is_refused_was_not_made(pubsub: PubSub, tell: Tell) -> None:
    pubsub.create()
    tell(Fault(Wrong.REFUSE, "Publish", code="RESOURCE_EXHAUSTED"))
    with pytest.raises(exceptions.ResourceExhausted):
        pubsub.publish(b"a")
    assert pubsub.is_empty()


@pytest.mark.parametrize("wrong", [Wrong.REPEAT, Wrong.LOSE_ANSWER])
def test_a_push_comes_twice(
    pubsub: PubSub, tell: Tell, endpoint: PushEndpoint, wrong: Wrong
) -> None:
    pubsub.create(push_config={"push_endpoint": endpoint.url})
    tell(Fault(wrong, "Push"))
    pubsub.publish(b"a")
    wait_for(lambda: endpoint.data == [b"a", b"a"])


def test_a_push_that_is_delayed_is_overtaken_but_not_in_its_key(
    pubsub: PubSub, tell: Tell, endpoint: PushEndpoint
) -> None:
    push = {"push_endpoint": endpoint.url}
    pubsub.create(push_config=push, enable_message_ordering=True, ack_deadline_seconds=60)
    tell(Fault(Wrong.DELAY, "Push", seconds=10.0))
    pubsub.publish(b"1", b"2", key="k")
    pubsub.publish(b"other", key="l")
    wait_for(lambda: len(endpoint.pushes) == 3, seconds=40)
    assert endpoint.data == [b"other", b"1", b"2"]


@pytest.mark.parametrize("wrong", [Wrong.REFUSE, Wrong.CUT_CONNECTIONS])
def test_a_stream_is_refused_or_cut(pubsub: PubSub, tell: Tell, wrong: Wrong) -> None:
    path = pubsub.create()
    tell(Fault(wrong, "StreamingPull"))
    first = StreamingPullRequest(subscription=path, stream_ack_deadline_seconds=10)
    with pytest.raises(CUT_OFF):
        next(iter(pubsub.subscriber.streaming_pull(requests=iter([first]), timeout=30)))
    wait_for(lambda: _published(pubsub))
    assert pubsub.pull_data(1) == [b"b"]


def test_connections_that_are_cut_are_made_again(pubsub: PubSub, tell: Tell) -> None:
    pubsub.create()
    tell(Fault(Wrong.CUT_CONNECTIONS, "Publish"))
    with pytest.raises(CUT_OFF):
        pubsub.publish(b"a")
    wait_for(lambda: _published(pubsub))
    assert pubsub.pull_data(1) == [b"b"]


def _published(pubsub: PubSub) -> bool:
    """Not while connections are being cut."""
    try:
        return bool(pubsub.publish(b"b"))
    except CUT_OFF:
        return False
