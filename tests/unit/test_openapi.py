"""The OpenAPI descriptions against the routes, limits and words of the code."""

import re
from enum import StrEnum
from typing import cast
from uuid import UUID, uuid5

import msgspec.yaml
import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from command_api import bodies
from command_api.app import CommandApi
from command_api.metrics import Metrics as CommandMetrics
from command_api.responses import CommandResponse
from gateway.main import ROUTES
from gateway.routes import Route
from odds import identity
from odds.adapters.event_bus import event_bus_file
from odds.adapters.event_bus.publisher import EventPublisher
from odds.adapters.guard.guard import OpenDoor
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from odds.command import (
    MAX_FUTURE_US,
    MAX_GAME_ID,
    MAX_GAME_TYPE,
    MAX_PROVIDER,
    MAX_REQUEST_ID,
    CommandName,
    CommandRequest,
    Domain,
    EventVelocity,
    MoneyLine,
    Payload,
)
from odds.fold import Outcome
from query_api.asgi import GRAPHQL_PATH
from query_api.graphql import body as graphql_body
from query_api.graphql.operation import MAX_TOKENS, GraphQLRequest
from query_api.metrics import Metrics as QueryMetrics
from query_api.read_model.queries import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    MAX_PAGED,
    OddsQueries,
    PageRequest,
)
from query_api.rest.responses import Status
from query_api.rest.routes import create_rest
from query_api.settings import Settings
from replayer import parameters as replay_parameters
from replayer.replay import KEPT_ERRORS, Replay, ReplayRequest, State
from replayer.responses import described as described_replay
from tests.examples import NOW
from tests.openapi import Description
from tests.paths import ROOT

COMMAND, QUERY = Description("command_api"), Description("query_api")
REPLAY = Description("replayer")
SERVICES = {"command_api": COMMAND, "query_api": QUERY, "replayer": REPLAY}
LONGEST_WAIT = Settings(google_cloud_project="", database_url="").event_wait_seconds
UNTOLD = Telemetry("").meter()
LIVE = ("/health/live", "GET")
"""Answered beside Flask."""
HEALTH = {LIVE, ("/health/ready", "GET")}
PAGES = {"/", "/assets/{folder}/{file}"}
"""For people; no API."""


class UnusedBus:
    """Lets a command service be made that is asked nothing."""

    def ping(self) -> None:
        raise AssertionError("nobody asks")


def command_flask() -> Flask:
    events = cast(EventPublisher, UnusedBus())
    bus = event_bus_file.load(ROOT / "event_bus.yaml")
    metrics = CommandMetrics(UNTOLD)
    return CommandApi(bus, events, OpenDoor(), lambda: NOW, Tracing(None), metrics).flask()


def query_flask() -> Flask:
    return create_rest(cast(OddsQueries, None), LONGEST_WAIT, QueryMetrics(UNTOLD))


def described(service: str) -> set[tuple[str, str]]:
    return {(path, method) for path, method, _ in SERVICES[service].operations()}


def flask_routes(app: Flask) -> set[tuple[str, str]]:
    """Without the methods that Flask adds of its own."""
    return {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_description_is_valid_openapi_3_1(service: str) -> None:
    document = SERVICES[service].document
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.parametrize("service", SERVICES)
def test_the_described_routes_are_those_of_the_gateway(service: str) -> None:
    routes = msgspec.yaml.decode(ROUTES.read_bytes(), type=list[Route])
    routed = {
        (route.path, method)
        for route in routes
        if route.service == service and route.path not in PAGES
        for method in route.methods
        if method != "OPTIONS"
    }
    assert described(service) == routed | HEALTH


def test_the_described_routes_are_those_of_the_command_service() -> None:
    assert described("command_api") - {LIVE} == flask_routes(command_flask())


def test_the_described_rest_routes_are_those_of_the_query_service() -> None:
    rest = {
        (path, method)
        for path, method in described("query_api") - HEALTH
        if path != GRAPHQL_PATH and method != "HEAD"
    }
    assert rest == flask_routes(query_flask())


def test_every_operation_has_a_name_of_its_own() -> None:
    operations = [
        operation["operationId"]
        for description in SERVICES.values()
        for path, _, operation in description.operations()
        if not path.startswith("/health/")
    ]
    assert len(operations) == len(set(operations))


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("RequestID", MAX_REQUEST_ID),
        ("Provider", MAX_PROVIDER),
        ("GameID", MAX_GAME_ID),
        ("GameType", MAX_GAME_TYPE),
    ],
)
def test_texts_may_be_as_long_as_described(name: str, longest: int) -> None:
    for description in (COMMAND, QUERY):
        schema = description.schema(name)
        assert (schema["minLength"], schema["maxLength"]) == (1, longest)


@pytest.mark.parametrize(
    ("description", "schema", "words"),
    [
        (COMMAND, COMMAND.schema("Command"), CommandName),
        (COMMAND, COMMAND.schema("Domain"), Domain),
        (COMMAND, COMMAND.schema("EventVelocity"), EventVelocity),
        (COMMAND, COMMAND.schema("CommandResponse")["properties"]["Status"], Status),
        (QUERY, QUERY.schema("QueryResponse")["properties"]["Status"], Status),
        (QUERY, QUERY.schema("Command"), CommandName),
        (QUERY, QUERY.schema("Outcome"), Outcome),
        (REPLAY, REPLAY.schema("Filters")["properties"]["velocity"], EventVelocity),
    ],
)
def test_enumerations_have_the_described_words(
    description: Description, schema: dict[str, list[str]], words: type[StrEnum]
) -> None:
    assert schema["enum"] == list(words)


def test_the_default_velocity_tier_is_the_described_one() -> None:
    velocity = {f.name: f for f in msgspec.structs.fields(CommandRequest)}["event_velocity"]
    assert COMMAND.schema("EventVelocity")["default"] == velocity.default


@pytest.mark.parametrize(
    ("schema", "struct"),
    [
        (COMMAND.schema("CommandRequest"), CommandRequest),
        (COMMAND.schema("Payload"), Payload),
        (COMMAND.schema("MoneyLine"), MoneyLine),
        (COMMAND.schema("CommandResponse"), CommandResponse),
        (QUERY.schema("GraphQLRequest"), GraphQLRequest),
    ],
)
def test_the_described_fields_are_those_of_the_code(
    schema: dict[str, list[str]], struct: type[msgspec.Struct]
) -> None:
    fields = msgspec.structs.fields(struct)
    assert set(schema["properties"]) == {field.encode_name for field in fields}
    assert set(schema["required"]) == {field.encode_name for field in fields if field.required}


def test_ids_can_be_computed_as_described() -> None:
    told = re.findall(r"`([0-9a-f-]{36})`", COMMAND.document["info"]["description"])
    events, odds, event_id, external_id = map(UUID, told)
    assert event_id == uuid5(events, "acme\0r-1") == identity.event_id("acme", "r-1")
    assert external_id == uuid5(odds, str(event_id)) == identity.external_id(event_id)


def test_prices_may_be_as_far_ahead_of_the_clock_as_described() -> None:
    ahead = COMMAND.schema("OccurredAt")["x-max-seconds-ahead"]
    assert ahead * 1_000_000 == MAX_FUTURE_US
    assert f"at most {ahead} seconds ahead" in COMMAND.schema("OccurredAt")["description"]


def test_bodies_may_be_as_long_as_described() -> None:
    requests = list(COMMAND.document["components"]["requestBodies"].values())
    assert {request["x-max-bytes"] for request in requests} == {bodies.MAX_BODY}
    graphql = QUERY.document["paths"][GRAPHQL_PATH]["post"]["requestBody"]
    assert graphql["x-max-bytes"] == graphql_body.MAX_BODY
    for request in (*requests, graphql):
        assert f"at most {request['x-max-bytes']} bytes" in request["description"]
    tokens = QUERY.schema("GraphQLRequest")["properties"]["query"]["description"]
    assert f"at most {MAX_TOKENS} tokens" in tokens


def test_pages_are_limited_as_described() -> None:
    number, size = QUERY.schema("PageNo"), QUERY.schema("PageSize")
    assert (number["minimum"], number["maximum"]) == (1, MAX_PAGED)
    described = QUERY.document["components"]["parameters"]["PageNo"]["description"]
    assert f"at most {MAX_PAGED} rows" in described
    assert (size["minimum"], size["maximum"]) == (1, MAX_PAGE_SIZE)
    assert QUERY.schema("OddsPage")["properties"]["Odds"]["maxItems"] == MAX_PAGE_SIZE
    assert QUERY.schema("OddsHistory")["properties"]["Events"]["maxItems"] == MAX_PAGE_SIZE
    given_nothing = PageRequest()
    assert (number["default"], size["default"]) == (given_nothing.page_no, DEFAULT_PAGE_SIZE)


def test_a_client_may_wait_as_long_as_described() -> None:
    wait = QUERY.document["components"]["parameters"]["Wait"]
    assert wait["schema"]["maximum"] == LONGEST_WAIT


def test_the_list_takes_the_described_parameters() -> None:
    parameters = [QUERY.resolved(p) for p in QUERY.document["paths"]["/odds"]["parameters"]]
    in_query = {each["name"] for each in parameters if each["in"] == "query"}
    assert in_query == set(PageRequest.__struct_fields__)


def test_a_replay_takes_the_described_parameters() -> None:
    parameters = REPLAY.document["paths"]["/replay"]["post"]["parameters"]
    resolved = [REPLAY.resolved(each) for each in parameters]
    in_query = {each["name"] for each in resolved if each["in"] == "query"}
    assert in_query == set(replay_parameters.KNOWN)


def test_a_replay_has_the_described_fields() -> None:
    request = ReplayRequest(source="local", target="local", end=1)
    told = described_replay(Replay(replay_id="r", request=request, created_at=1), NOW)
    schema = REPLAY.schema("Replay")
    assert list(told) == schema["required"] == list(schema["properties"])
    states = [*State, "cancelling"]
    assert sorted(schema["properties"]["State"]["enum"]) == sorted(states)
    assert schema["properties"]["Errors"]["maxItems"] == KEPT_ERRORS
