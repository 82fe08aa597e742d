"""Bad days, through the whole stack: retries, races, strangers, and parts that die."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from google.pubsub_v1.types import PublishRequest, PubsubMessage
from sqlalchemy import Engine, select, text

from local.stack import Stack
from odds import event_codec, identity
from odds.adapters.event_bus import publisher
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds_event_log
from odds.event import accept
from tests.e2e.api import Api, Stream
from tests.examples import command
from tests.waiting import wait_for


@pytest.fixture
def api(stack: Stack) -> Api:
    return Api(stack.gateway_url)


@pytest.fixture
def engine(stack: Stack) -> Iterator[Engine]:
    engine = postgres.create_engine(stack.environment["DATABASE_URL"], pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def store(stack: Stack) -> EventStore:
    client = datastore.connect(stack.environment["DATASTORE_EMULATOR_HOST"])
    return EventStore(Datastore(client, stack.environment["GOOGLE_CLOUD_PROJECT"], timeout=60))


def outcomes(engine: Engine, external_id: str) -> list[str]:
    """Of the events of one odds, in the order in which they were projected."""
    log = odds_event_log.c
    of_odds = select(log.outcome).where(log.external_id == UUID(external_id)).order_by(log.id)
    with engine.connect() as connection:
        return [outcome.value for outcome in connection.scalars(of_odds)]


def wait_for_events(engine: Engine, external_id: str, count: int) -> None:
    wait_for(lambda: len(outcomes(engine, external_id)) >= count, seconds=60)


def unknown_id() -> str:
    """The ExternalID of odds that nobody has made."""
    return str(identity.external_id(uuid4()))


def test_the_same_command_sent_five_times_at_once_is_one_event(api: Api, engine: Engine) -> None:
    request_id = str(uuid4())
    with ThreadPoolExecutor(5) as providers:
        answers = list(providers.map(lambda _: api.new(RequestID=request_id), range(5)))
    assert [status for status, _ in answers] == [202] * 5
    (external_id,) = {answer["ExternalID"] for _, answer in answers}
    (event_id,) = {answer["EventID"] for _, answer in answers}
    wait_for(lambda: api.status(external_id) == 200)
    _, later = api.update(external_id)
    wait_for_events(engine, external_id, 2)
    assert sorted(outcomes(engine, external_id)) == ["applied", "applied"]
    assert event_id != later["EventID"]


def test_two_providers_may_use_one_request_id(api: Api) -> None:
    request_id = str(uuid4())
    _, acme = api.new(RequestID=request_id, Provider="acme", home=1.1)
    _, rival = api.new(RequestID=request_id, Provider="rival", home=2.2)
    wait_for(lambda: api.home(acme["ExternalID"]) == 1.1)
    wait_for(lambda: api.home(rival["ExternalID"]) == 2.2)


def test_a_patch_on_a_faster_topic_may_overtake_its_post(api: Api, engine: Engine) -> None:
    request_id = str(uuid4())
    external_id = str(identity.external_id(identity.event_id("e2e", request_id)))
    now = time.time()
    api.update(external_id, EventVelocity="high", home=7.0, OccurredAt=now)
    wait_for_events(engine, external_id, 1)
    assert api.status(external_id) == 404
    api.new(RequestID=request_id, EventVelocity="low", home=1.0, OccurredAt=now - 1)
    wait_for(lambda: api.home(external_id) == 7.0)
    assert outcomes(engine, external_id) == ["hidden", "applied"]


def test_a_hundred_patches_of_one_odds_in_flight_end_in_the_newest(
    api: Api, engine: Engine
) -> None:
    _, created = api.new(EventVelocity="high", OccurredAt=time.time() - 1000)
    external_id = created["ExternalID"]
    began = time.time() - 500

    def patch(number: int) -> None:
        status, _ = api.update(
            external_id, home=100.0 + number, OccurredAt=began + number, EventVelocity="high"
        )
        assert status == 202

    with api.stream() as stream, ThreadPoolExecutor(32) as provider:
        list(provider.map(patch, range(100)))
        wait_for_events(engine, external_id, 101)
        wait_for(lambda: homes(stream, external_id)[-1:] == [199.0])
        seen = homes(stream, external_id)
    assert api.home(external_id) == 199.0
    assert sorted(seen) == [home for home in seen if home >= 1]
    applied = outcomes(engine, external_id).count("applied")
    assert applied - 1 <= len(seen) <= applied


def homes(stream: Stream, external_id: str) -> list[float]:
    return [change["moneyline"]["home"] for change in stream.of(external_id)]


def test_a_patch_after_a_delete_and_a_second_delete_change_nothing(
    api: Api, engine: Engine
) -> None:
    with api.stream() as stream:
        _, created = api.new()
        external_id = created["ExternalID"]
        wait_for(lambda: stream.of(external_id))
        api.delete(external_id)
        wait_for(lambda: api.status(external_id) == 410)
        api.update(external_id, home=9.0)
        api.delete(external_id)
        wait_for_events(engine, external_id, 4)
        _, other = api.new()
        wait_for(lambda: stream.of(other["ExternalID"]))
        assert [change["deleted"] for change in stream.of(external_id)] == [False, True]
    assert outcomes(engine, external_id) == ["applied", "applied", "deleted", "deleted"]


def test_a_patch_of_an_unknown_id_is_seen_by_nobody(api: Api, engine: Engine) -> None:
    external_id = unknown_id()
    assert api.update(external_id)[0] == 202
    wait_for_events(engine, external_id, 1)
    assert outcomes(engine, external_id) == ["hidden"]
    assert api.status(external_id) == 404


@pytest.mark.parametrize("stranger", [{"Provider": "rival"}, {"GameID": "soccer:another"}])
def test_a_strangers_patch_changes_nothing_that_anyone_sees(
    api: Api, engine: Engine, stranger: dict[str, str]
) -> None:
    _, created = api.new(home=1.5)
    external_id = created["ExternalID"]
    api.update(external_id, home=99.0, **stranger)
    api.delete(external_id, **stranger)
    wait_for_events(engine, external_id, 3)
    assert api.home(external_id) == 1.5
    assert sorted(outcomes(engine, external_id)) == ["applied", "hidden", "hidden"]


def test_a_message_that_the_bus_delivers_twice_is_one_event(
    api: Api, stack: Stack, engine: Engine
) -> None:
    event = accept(command(), None, "soccer", now=int(time.time() * 1_000_000))
    client = publisher.connect(stack.environment["PUBSUB_EMULATOR_HOST"])
    project = stack.environment["GOOGLE_CLOUD_PROJECT"]
    message = PubsubMessage(
        data=event_codec.encode(event), attributes=event_codec.attributes(event)
    )
    for topic in ("events-low", "events-low", "events-medium-soccer"):
        path = f"projects/{project}/topics/{topic}"
        client.publish(PublishRequest(topic=path, messages=[message, message]))
    external_id = str(event.external_id)
    wait_for(lambda: api.status(external_id) == 200)
    _, patched = api.update(external_id, Provider="acme", GameID=event.command.payload.game_id)
    wait_for(lambda: api.home(external_id) == 1.5)
    assert patched["ExternalID"] == external_id
    assert outcomes(engine, external_id) == ["applied", "applied"]


def test_a_projector_killed_between_the_stores_loses_nothing(
    api: Api, stack: Stack, engine: Engine, store: EventStore
) -> None:
    with engine.begin() as obstacle:
        obstacle.execute(text("LOCK TABLE odds IN ACCESS EXCLUSIVE MODE"))
        _, created = api.new()
        event_id = UUID(created["EventID"])
        wait_for(lambda: store.find([event_id]))
        wait_for(lambda: waits(engine))
        stack.kill_part("projector")
        end_what_the_dead_had_asked(engine)
    assert outcomes(engine, created["ExternalID"]) == []
    stack.start_part("projector")
    wait_for(lambda: api.status(created["ExternalID"]) == 200, seconds=90)
    assert outcomes(engine, created["ExternalID"]) == ["applied"]


# Of a statement no more than its first 1024 bytes are told.
WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%WITH incoming%'"


def waits(engine: Engine) -> bool:
    """Whether the projector waits for a lock."""
    with engine.connect() as connection:
        return bool(connection.scalar(text(f"SELECT count(*) {WAITING}")))


def end_what_the_dead_had_asked(engine: Engine) -> None:
    """PostgreSQL would go on with the statement of a client that is no more."""
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {WAITING}"))
    wait_for(lambda: not waits(engine))


def test_postgresql_stopped_and_started_under_load_loses_and_doubles_nothing(
    api: Api, stack: Stack, engine: Engine, store: EventStore
) -> None:
    with commands_under_way(api) as accepted:
        wait_for(lambda: len(accepted) > 50)
        stack.kill_part("postgres")
        during = len(accepted)
        wait_for(lambda: len(accepted) > during + 50)
        stack.start_part("postgres")
        after = len(accepted)
        wait_for(lambda: len(accepted) > after + 50)
    for answer in accepted:
        wait_for(lambda: outcomes(engine, answer["ExternalID"]), seconds=120)  # noqa: B023
        assert outcomes(engine, answer["ExternalID"]) == ["applied"]
    event_ids = [UUID(answer["EventID"]) for answer in accepted]
    assert sorted(store.find(event_ids)) == sorted(event_ids)


@contextmanager
def commands_under_way(api: Api) -> Iterator[list[dict[str, str]]]:
    """NewOdds after NewOdds; yields the answers to those that were accepted so far."""
    accepted: list[dict[str, str]] = []
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            status, answer = api.new()
            if status == 202:
                accepted.append(answer)
            over.wait(0.04)

    with ThreadPoolExecutor(4) as providers:
        sent = [providers.submit(send) for _ in range(4)]
        try:
            yield accepted
        finally:
            over.set()
    for each in sent:
        each.result()
