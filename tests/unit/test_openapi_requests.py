"""Described requests against the code that reads requests: they agree on good and bad ones."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from graphql import build_schema, validate
from werkzeug.datastructures import MultiDict

from command_api import json_commands
from odds import identity
from odds.adapters.http.request_id import request_id
from odds.command import CommandName, InvalidCommand, check_command
from query_api.errors import BadParameter
from query_api.graphql.operation import Operation
from query_api.rest.query_strings import page_request
from tests.examples import NOW
from tests.openapi import Description, Node
from tests.paths import ROOT

COMMAND, QUERY = Description("command_api"), Description("query_api")
GRAPHQL_SCHEMA = ROOT / "query_api" / "graphql" / "schema.graphql"


def examples(description: Description) -> Iterator[Any]:
    """Each example of a request in JSON, as a parameter of a test."""
    for path, method, operation in description.operations():
        if "requestBody" in operation:
            content = description.resolved(operation["requestBody"])["content"]["application/json"]
            for name, example in content["examples"].items():
                schema, value = content["schema"], example["value"]
                yield pytest.param(schema, value, id=f"{method} {path} {name}")


def read(command: object) -> CommandName:
    """Which command the service takes this for. Raises InvalidCommand."""
    decoded = json_commands.decode_command(msgspec.json.encode(command))
    check_command(decoded, now=NOW)
    return decoded.command


@pytest.mark.parametrize(("schema", "command"), list(examples(COMMAND)))
def test_every_example_of_a_command_is_accepted(schema: Node, command: Node) -> None:
    COMMAND.validator(schema).validate(command)
    assert schema["$ref"].endswith(f"/{read(command)}")


@pytest.mark.parametrize(("schema", "request_"), list(examples(QUERY)))
def test_every_example_of_a_graphql_request_can_be_executed(schema: Node, request_: Node) -> None:
    QUERY.validator(schema).validate(request_)
    graphql = build_schema(GRAPHQL_SCHEMA.read_text())
    assert validate(graphql, Operation(request_).document) == []


def test_examples_of_answers_are_such_answers() -> None:
    for description in (COMMAND, QUERY):
        for name, schema in description.document["components"]["schemas"].items():
            for example in schema.get("examples", []):
                validator = description.validator({"$ref": f"#/components/schemas/{name}"})
                validator.validate(example)


def test_the_example_of_an_answer_has_the_ids_of_its_request() -> None:
    [answer] = COMMAND.schema("CommandAccepted")["examples"]
    event_id = identity.event_id("acme", answer["RequestID"])
    assert answer["EventID"] == str(event_id)
    assert answer["ExternalID"] == str(identity.external_id(event_id))


def new_odds(**changes: Any) -> Node:
    """A NewOdds; ``Payload`` and ``MoneyLine`` are changed by field, others as they stand."""
    prices = {"Home": 1.9, "Away": 4.2, "Draw": 3.5} | changes.pop("MoneyLine", {})
    payload = {"GameID": "soccer:1", "MoneyLine": prices} | changes.pop("Payload", {})
    given = {"RequestID": "r", "Provider": "acme", "Command": "NewOdds", "Domain": "Odds"}
    return {**given, "Payload": payload, **changes}


def without(command: Node, *path: str) -> Node:
    place = command
    for parent in path[:-1]:
        place = place[parent]
    del place[path[-1]]
    return command


GOOD_COMMANDS = [
    new_odds(),
    new_odds(EventVelocity="low"),
    new_odds(RequestID="x" * 128, Provider="ü" * 64),
    new_odds(Payload={"GameID": "x" * 128, "GameType": "x" * 64}),
    new_odds(Payload={"GameType": None, "OccurredAt": None}),
    new_odds(Payload={"OccurredAt": 1588396480.947123}),
    new_odds(Payload={"OccurredAt": 1588396480}),
    new_odds(MoneyLine={"Home": -150, "Draw": None}),
    without(new_odds(), "Payload", "MoneyLine", "Draw"),
]
BAD_COMMANDS = [
    [],
    without(new_odds(), "RequestID"),
    without(new_odds(), "Provider"),
    without(new_odds(), "Command"),
    without(new_odds(), "Domain"),
    without(new_odds(), "Payload"),
    without(new_odds(), "Payload", "GameID"),
    without(new_odds(), "Payload", "MoneyLine"),
    without(new_odds(), "Payload", "MoneyLine", "Away"),
    new_odds(RequestID="x" * 129),
    new_odds(RequestID=7),
    new_odds(Provider=""),
    new_odds(Provider=" \u3000"),
    new_odds(Provider="a\nb"),
    new_odds(Provider="a\u2028b"),
    new_odds(Provider="a\x85b"),
    new_odds(Command="New"),
    new_odds(Domain="Scores"),
    new_odds(EventVelocity="fast"),
    new_odds(EventVelocity=None),
    new_odds(Surprise=1),
    new_odds(Payload={"Moneyline": {}}),
    new_odds(Payload={"MoneyLine": None}),
    new_odds(Payload={"GameType": ""}),
    new_odds(Payload={"OccurredAt": 0}),
    new_odds(Payload={"OccurredAt": "today"}),
    new_odds(Payload={"OccurredAt": True}),
    new_odds(MoneyLine={"Tie": 3}),
    new_odds(MoneyLine={"Home": "1.9"}),
    new_odds(MoneyLine={"Home": True}),
    new_odds(MoneyLine={"Home": 0}),
    new_odds(MoneyLine={"Draw": 0.0}),
    new_odds(MoneyLine={"Home": None}),
]


@pytest.mark.parametrize("command", GOOD_COMMANDS)
def test_a_good_command_is_one_by_the_description_and_by_the_code(command: Node) -> None:
    COMMAND.validator({"$ref": "#/components/schemas/NewOdds"}).validate(command)
    assert read(command) is CommandName.NEW_ODDS


@pytest.mark.parametrize("command", BAD_COMMANDS)
def test_a_bad_command_is_none_by_the_description_and_by_the_code(command: Any) -> None:
    assert not COMMAND.validator({"$ref": "#/components/schemas/NewOdds"}).is_valid(command)
    with pytest.raises(InvalidCommand):
        read(command)


PARAMETERS: list[tuple[str, str, list[str | int]]] = [
    ("page_no", "PageNo", [-1, 0, 1, 5000, 100_001]),
    ("page_size", "PageSize", [0, 1, 100, 101]),
    ("game_id", "GameID", ["", " ", "x", "x" * 128, "x" * 129, "a\x00b", "a\x7fb"]),
    ("provider", "Provider", ["", "ü" * 64, "x" * 65, "a\u2029b"]),
    ("game_type", "GameType", ["", "x" * 64, "x" * 65, "a\nb"]),
]


@pytest.mark.parametrize(
    ("name", "schema", "value"),
    [(name, schema, value) for name, schema, values in PARAMETERS for value in values],
)
def test_a_parameter_is_good_by_the_description_or_refused_by_the_code(
    name: str, schema: str, value: str | int
) -> None:
    validator = QUERY.validator({"$ref": f"#/components/schemas/{schema}"})
    arguments = MultiDict({name: str(value)})
    if validator.is_valid(value):
        assert getattr(page_request(arguments), name) == value
    else:
        with pytest.raises(BadParameter):
            page_request(arguments)


@pytest.mark.parametrize("given", ["r", "a b", "x" * 128, "x" * 129, " a", "a ", "ü", "a\tb", ""])
def test_a_request_id_is_used_where_it_is_as_described(given: str) -> None:
    validator = QUERY.validator({"$ref": "#/components/schemas/RequestID"})
    assert validator.is_valid(given) == (request_id(given) == given)
