"""Requests that a machine makes up from the OpenAPI descriptions, and from noise.

None brings a 500 or an answer that is not described, and what is refused leaves nothing behind.
"""

import base64
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from threading import Thread
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, func, select
from werkzeug.serving import make_server

from odds import event_codec
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.ranges import KEY_NAME, Range
from odds.adapters.guard.guard import OpenDoor
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds_event_log
from odds.event_codec import UndecodableEvent
from replayer.app import ReplayApi
from replayer.replay import Replay, ReplayRequest
from replayer.settings import Settings as ReplayerSettings
from replayer.workshop import Workshop
from tests.examples import encoded, new
from tests.exchange import JSON, Request, send
from tests.faulty_bus import FaultyBus, faulty_bus
from tests.integration.patient_projector import serving_projector
from tests.integration.query_service import Market
from tests.openapi import description_file
from tests.paths import ROOT
from tests.serving import serving
from tests.stack import Databases
from tests.waiting import wait_for

Case = schemathesis.Case[Any]
Operation = schemathesis.APIOperation[Any, Any, Any, Any]

EXAMPLES = settings(max_examples=20)
URI_TOO_LONG = 414
"""What gunicorn says by itself to a request line of more than 8,190 bytes."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
READY = Request("GET", "/health/ready")


def operations(service: str, *left_out: str) -> dict[str, Operation]:
    """The described operations by method and path."""
    described = schemathesis.openapi.from_path(description_file(service)).get_all_operations()
    found = [each.ok() for each in described if isinstance(each, Ok)]
    return {each.label: each for each in found if each.label not in left_out}


def cut(at: int, noise: bytes) -> bytes:
    """An event whose bytes go wrong somewhere."""
    return EVENT[:at] + noise


EVENT = encoded(new()).data
HEALTH = ("GET /health/live", "GET /health/ready")
COMMANDS = operations("command_api", *HEALTH)
# A GET of GraphQL opens a stream, which would be read to its end.
QUERIES = operations("query_api", "GET /api/graphql", *HEALTH)
REPLAYS = operations("replayer", *HEALTH)
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture(scope="module")
def commands() -> Iterator[tuple[str, FaultyBus]]:
    with faulty_bus() as bus:
        environ = {"GOOGLE_CLOUD_PROJECT": "p", "PUBSUB_EMULATOR_HOST": bus.host}
        with serving("command_api", environ) as url:
            yield url, bus


@pytest.fixture(scope="module")
def queries(databases: Databases, datastore_host: str) -> Iterator[str]:
    database_url = databases.fresh()
    market = Market(database_url)
    market.new()
    market.engine.dispose()
    environ = {
        "DATABASE_URL": database_url,
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "EVENT_WAIT_SECONDS": "1",  # a client has ten for an answer
    }
    with serving("query_api", environ) as url:
        wait_for(lambda: send(url, READY).status == 200)
        yield url


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_made_up_command_is_published_once_or_refused_as_described(
    commands: tuple[str, FaultyBus], name: str, mode: GenerationMode
) -> None:
    url, bus = commands

    @given(COMMANDS[name].as_strategy(generation_mode=mode))
    @EXAMPLES
    def ask(case: Case) -> None:
        before = len(bus.attempts)
        response = case.call(base_url=url)
        case.validate_response(response, checks=CHECKS)
        assert len(bus.attempts) - before == (response.status_code == 202)

    ask()


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("name", QUERIES)
def test_a_made_up_query_is_answered_as_described(
    queries: str, name: str, mode: GenerationMode
) -> None:
    @given(QUERIES[name].as_strategy(generation_mode=mode))
    @EXAMPLES
    def ask(case: Case) -> None:
        response = case.call(base_url=queries)
        if response.status_code != URI_TOO_LONG:
            case.validate_response(response, checks=CHECKS)

    ask()


class Replayer:
    """A replayer that starts no worker, and what it has kept and was about to start."""

    def __init__(self, workshop: Workshop) -> None:
        self.service = ReplayApi(workshop, self, OpenDoor()).flask()
        self.launched = 0
        self._replays = workshop.replays

    def launch(self, replay_id: str) -> None:
        self.launched += 1

    def kept(self) -> int:
        return len(self._replays.newest())


@pytest.fixture(scope="module")
def replayer(datastore_host: str, pubsub_host: str) -> Iterator[tuple[str, Replayer]]:
    variables = {
        "GOOGLE_CLOUD_PROJECT": "replayed",
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "PUBSUB_EMULATOR_HOST": pubsub_host,
    }
    given = ReplayerSettings(
        google_cloud_project="replayed",
        environments_file=str(ROOT / "environments.yaml"),
        event_bus_file=str(ROOT / "event_bus.yaml"),
    )
    workshop = Workshop(given, variables)
    request = ReplayRequest(source="local", target="local", end=2)
    workshop.replays.add(Replay(replay_id="known", request=request, created_at=1))
    replayer = Replayer(workshop)
    with make_server("127.0.0.1", 0, replayer.service) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", replayer
        server.shutdown()
        thread.join()


# A replay may have any name, so nothing but its start can be asked for wrongly.
@pytest.mark.parametrize(
    ("name", "mode"), [*product(REPLAYS, MODES[:1]), ("POST /replay", MODES[1])], ids=str
)
def test_a_made_up_replay_is_started_once_or_refused_as_described(
    replayer: tuple[str, Replayer], name: str, mode: GenerationMode
) -> None:
    url, service = replayer

    @given(REPLAYS[name].as_strategy(generation_mode=mode), st.booleans())
    @EXAMPLES
    def ask(case: Case, known: bool) -> None:
        if known:
            name_what_is_known(case)
        launched, kept = service.launched, service.kept()
        response = case.call(base_url=url)
        case.validate_response(response, checks=CHECKS)
        started = case.method == "POST" and response.status_code == 202
        assert service.launched - launched == started
        assert service.kept() - kept == (started and name == "POST /replay")

    ask()


def name_what_is_known(case: Case) -> None:
    """Which no description says."""
    if "env" in case.query:
        case.query["env"] = "local"
    if "replay_id" in case.path_parameters:
        case.path_parameters["replay_id"] = "known"


class Stores:
    """A projector, and a look at all that it has kept."""

    def __init__(self, url: str, entities: Datastore, engine: Engine) -> None:
        self.url = url
        self._entities = entities
        self._engine = engine

    def push(self, body: bytes) -> int:
        return send(self.url, Request("POST", "/push", {"Content-Type": JSON}, body)).status

    def projected(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(odds_event_log)) or 0

    def stored(self) -> int:
        return len(self._entities.query(Range("Event", KEY_NAME), 10).entities)


@pytest.fixture(scope="module")
def stores(databases: Databases, datastore_host: str) -> Iterator[Stores]:
    database_url = databases.fresh()
    environ = {
        "GOOGLE_CLOUD_PROJECT": "fuzzed",
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "DATABASE_URL": database_url,
    }
    entities = Datastore(datastore.connect(datastore_host), "fuzzed", timeout=60)
    engine = postgres.create_engine(database_url, pool_size=1)
    with serving_projector(environ) as url:
        yield Stores(url, entities, engine)
    engine.dispose()


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.binary() | JUNK.map(msgspec.json.encode))
@EXAMPLES
def test_what_is_no_envelope_is_refused_and_leaves_nothing(stores: Stores, body: bytes) -> None:
    assert stores.push(body) == 400
    assert (stores.stored(), stores.projected()) == (0, 0)


@given(st.binary() | st.builds(cut, st.integers(0, len(EVENT)), st.binary(max_size=9)))
@EXAMPLES
def test_what_is_no_event_is_parked_and_neither_stored_nor_projected(
    stores: Stores, data: bytes
) -> None:
    with suppress(UndecodableEvent):
        event_codec.decode(data)
        assume(False)
    message = {"data": base64.b64encode(data).decode(), "messageId": "1"}
    body = msgspec.json.encode({"message": message, "subscription": "projects/p/subscriptions/s"})
    assert stores.push(body) == 204
    assert (stores.stored(), stores.projected()) == (0, 0)
