"""The command service over a bus that records: what is accepted, and how each fault is refused."""

import asyncio
import io
import json
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from command_api.app import CommandApi
from command_api.metrics import Metrics
from odds import command_codec, identity
from odds.adapters.event_bus import event_bus_file
from odds.adapters.event_bus.publisher import EventBusOverloaded, EventBusUnavailable
from odds.adapters.guard.guard import OpenDoor
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from odds.event import Event
from odds.v1 import command_pb2
from tests.examples import NEW, NOW, UPDATE, command
from tests.paths import ROOT

ODDS = "/odds/6f1b4a52-5c0e-4d0c-9d0b-0d3f0a5a7c11"
JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


class RecordingBus:
    """Takes events, or refuses them as a bus that is away does."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.away = False
        self.full = False

    async def publish(self, event: Event) -> None:
        if self.away:
            raise EventBusUnavailable("away")
        if self.full:
            raise EventBusOverloaded("full")
        self.events.append(event)

    def ping(self) -> None:
        if self.away:
            raise EventBusUnavailable("away")


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def client(bus: RecordingBus) -> FlaskClient:
    topics = event_bus_file.load(ROOT / "event_bus.yaml")
    metrics = Metrics(Telemetry("command_api").meter())
    app = CommandApi(topics, bus, OpenDoor(), lambda: NOW, Tracing(None), metrics).flask()  # type: ignore[arg-type]

    def in_a_loop(environ: Any, start_response: Any) -> Any:
        return asyncio.run(app.answer(environ))(environ, start_response)

    app.wsgi_app = in_a_loop  # type: ignore[method-assign]
    return app.test_client()


def body(**changes: Any) -> dict[str, Any]:
    """A valid NewOdds; a change of None leaves a field out, ``Payload__GameID`` is nested."""
    given: dict[str, Any] = {
        "RequestID": "r-1",
        "Provider": "acme",
        "Command": "NewOdds",
        "Domain": "Odds",
        "Payload": {"GameID": "soccer:1", "MoneyLine": {"Home": 1.9, "Away": 4.2, "Draw": 3.5}},
    }
    for path, value in changes.items():
        *parents, field = path.split("__")
        place = given
        for parent in parents:
            place = place[parent]
        place[field] = value
        if value is None:
            del place[field]
    return given


def post(client: FlaskClient, given: Any, **headers: str) -> TestResponse:
    data = given if isinstance(given, bytes | str) else json.dumps(given)
    return client.post("/odds", data=data, headers=JSON | headers)


def test_new_odds_are_accepted_and_located(client: FlaskClient, bus: RecordingBus) -> None:
    response = post(client, body())
    event_id = identity.event_id("acme", "r-1")
    external_id = identity.external_id(event_id)
    assert response.status_code == 202
    assert response.headers["Location"] == f"/odds/{external_id}"
    assert response.headers["Link"] == f'</events/{event_id}>; rel="status"'
    assert response.get_json() == {
        "RequestID": "r-1",
        "Status": "success",
        "Msg": "NewOdds accepted",
        "EventID": str(event_id),
        "ExternalID": str(external_id),
    }
    (event,) = bus.events
    assert (event.event_id, event.external_id, event.created_at) == (event_id, external_id, NOW)


def test_a_command_sent_twice_has_the_same_ids_and_another_providers_has_others(
    client: FlaskClient,
) -> None:
    first, second = post(client, body()), post(client, body())
    rival = post(client, body(Provider="rival"))
    assert first.get_json() == second.get_json()
    assert rival.get_json()["EventID"] != first.get_json()["EventID"]


@pytest.mark.parametrize(("method", "name"), [("PATCH", "UpdateOdds"), ("DELETE", "DeleteOdds")])
def test_a_change_is_about_the_odds_of_its_path(
    client: FlaskClient, bus: RecordingBus, method: str, name: str
) -> None:
    response = client.open(ODDS, method=method, json=body(Command=name))
    assert response.status_code == 202
    assert response.get_json()["ExternalID"] == ODDS.removeprefix("/odds/")
    assert bus.events[0].external_id == UUID(ODDS.removeprefix("/odds/"))


def test_a_delete_needs_no_prices(client: FlaskClient) -> None:
    given = body(Command="DeleteOdds", Payload__MoneyLine=None)
    assert client.delete(ODDS, json=given).status_code == 202


def test_the_draw_may_be_left_out_and_american_odds_are_prices(
    client: FlaskClient, bus: RecordingBus
) -> None:
    response = post(client, body(Payload__MoneyLine={"Home": -150, "Away": 130}))
    assert response.status_code == 202
    prices = bus.events[0].command.payload.money_line
    assert prices is not None
    assert (prices.home, prices.away, prices.draw) == (-150.0, 130.0, None)


def test_occurred_at_is_read_to_the_microsecond(client: FlaskClient, bus: RecordingBus) -> None:
    post(client, body(Payload__OccurredAt=1588396480.947123))
    assert bus.events[0].occurred_at == 1_588_396_480_947_123


HOME = "Payload.MoneyLine.Home"


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"RequestID": None}, "RequestID", "is missing"),
        ({"RequestID": ""}, "RequestID", "is empty"),
        ({"RequestID": 7}, "RequestID", "is of type int"),
        ({"RequestID": "x" * 129}, "RequestID", "has 129 characters"),
        ({"Provider": "a\nb"}, "Provider", "has a control character"),
        ({"Provider": "a\u0000b"}, "Provider", "has a control character"),
        ({"Command": "New"}, "Command", "'New' is unknown"),
        ({"Command": "UpdateOdds"}, "Command", "is UpdateOdds in a POST"),
        ({"Domain": "Scores"}, "Domain", "'Scores' is unknown"),
        ({"EventVelocity": "fast"}, "EventVelocity", "'fast' is unknown"),
        ({"Payload": None}, "Payload", "is missing"),
        ({"Payload": []}, "Payload", "is of type array"),
        ({"Payload__GameID": None}, "Payload.GameID", "is missing"),
        ({"Payload__GameID": " "}, "Payload.GameID", "is empty"),
        ({"Payload__GameType": "x" * 65}, "Payload.GameType", "has 65 characters"),
        ({"Payload__MoneyLine": None}, "Payload.MoneyLine", "is missing in a NewOdds"),
        ({"Payload__Moneyline": {}}, "Payload.Moneyline", "is unknown"),
        ({"Payload__MoneyLine__Tie": 3}, "Payload.MoneyLine.Tie", "is unknown"),
        ({"Payload__MoneyLine__Home": None}, HOME, "is missing"),
        ({"Payload__MoneyLine__Home": "1.9"}, HOME, "is of type str"),
        ({"Payload__MoneyLine__Home": True}, HOME, "is of type bool"),
        ({"Payload__MoneyLine__Home": 0}, HOME, "is 0"),
        ({"Payload__MoneyLine__Home": float("nan")}, HOME, "is nan"),
        ({"Payload__MoneyLine__Home": float("-inf")}, HOME, "is -inf"),
        ({"Payload__MoneyLine__Draw": 0.0}, "Payload.MoneyLine.Draw", "is 0"),
        (
            {"Payload__OccurredAt": NOW / 1e6 + 60},
            "Payload.OccurredAt",
            "is 60 seconds in the future",
        ),
        (
            {"Payload__OccurredAt": NOW / 1e3},
            "Payload.OccurredAt",
            "is 1788210000000 seconds in the future",
        ),
        ({"Payload__OccurredAt": -1}, "Payload.OccurredAt", "is not after 1970"),
        ({"Payload__OccurredAt": "today"}, "Payload.OccurredAt", "is not a number"),
        ({"Payload__OccurredAt": True}, "Payload.OccurredAt", "is not a number"),
        ({"Payload__OccurredAt": float("inf")}, "Payload.OccurredAt", "is out of range"),
        ({"Payload__OccurredAt": float("nan")}, "Payload.OccurredAt", "is out of range"),
        ({"Payload__OccurredAt": 1e308}, "Payload.OccurredAt", "is out of range"),
        ({"Payload__OccurredAt": 10**400}, "Payload.OccurredAt", "is out of range"),
    ],
)
def test_bad_input_names_the_field_what_was_wrong_and_what_was_expected(
    client: FlaskClient, bus: RecordingBus, changes: dict[str, Any], field: str, problem: str
) -> None:
    response = post(client, body(**changes))
    answer = response.get_json()
    assert response.status_code == 400
    assert answer["Status"] == "fail"
    assert answer["Msg"].startswith(f"{field}: {problem}")
    assert "; expected " in answer["Msg"]
    assert answer["RequestID"] == (changes.get("RequestID", "r-1") if _echoes(changes) else "")
    assert bus.events == []


def _echoes(changes: dict[str, Any]) -> bool:
    return isinstance(changes.get("RequestID", ""), str)


@pytest.mark.parametrize(
    "broken",
    [b" ", b"{", b"[]", b"\xff", b"[" * 60_000, b'{"RequestID": "\\ud800"}', b'"text"', b"1e999"],
)
def test_a_body_that_is_no_command_is_refused(client: FlaskClient, broken: bytes) -> None:
    response = post(client, broken)
    assert response.status_code == 400
    assert "expected" in response.get_json()["Msg"]


def test_a_number_too_great_to_read_names_its_field(client: FlaskClient) -> None:
    response = post(client, json.dumps(body()).replace("1.9", "1e999"))
    assert response.status_code == 400
    assert response.get_json()["Msg"].startswith(HOME)


@pytest.mark.parametrize("path", ["/odds/42", "/odds/{" + ODDS[6:] + "}", "/odds/" + "z" * 36])
def test_a_path_that_is_no_uuid_is_refused(client: FlaskClient, path: str) -> None:
    response = client.patch(path, json=body(Command="UpdateOdds"))
    assert response.status_code == 400
    assert response.get_json()["Msg"].startswith("external_id: ")
    assert response.get_json()["RequestID"] == "r-1"


def test_what_http_refuses_is_a_command_response_too(client: FlaskClient) -> None:
    unknown = client.post("/prices", json=body())
    method = client.put("/odds", json=body())
    mimetype = client.post("/odds", data="x", headers={"Content-Type": "text/plain"})
    too_long = post(client, b" " * (64 * 1024 + 1))
    responses = [unknown, method, mimetype, too_long]
    assert [response.status_code for response in responses] == [404, 405, 415, 413]
    assert {response.get_json()["Status"] for response in responses} == {"fail"}
    assert unknown.get_json()["Msg"].startswith("path: /prices is unknown; expected ")
    assert method.get_json()["Msg"] == "method: PUT is not for /odds; expected POST"
    assert "POST" in method.headers["Allow"]


def test_a_chunked_body_is_read_whole_or_refused(client: FlaskClient) -> None:
    def chunked(data: bytes) -> TestResponse:
        environ = {"wsgi.input": io.BytesIO(data), "wsgi.input_terminated": True}
        headers = JSON | {"Transfer-Encoding": "chunked"}
        return client.post("/odds", headers=headers, environ_overrides=environ)

    whole = json.dumps(body()).encode()
    assert chunked(whole).status_code == 202
    assert chunked(whole + b" " * 70_000).status_code == 413


def test_a_body_of_unknown_length_is_refused(client: FlaskClient) -> None:
    response = client.post("/odds", headers=JSON)
    assert response.status_code == 411


def test_protobuf_is_accepted_and_answered(client: FlaskClient, bus: RecordingBus) -> None:
    asked = command(NEW, request_id="r-1")
    data = command_codec.to_message(asked).SerializeToString()
    response = client.post("/odds", data=data, headers=PROTOBUF)
    answer = command_pb2.CommandResponse.FromString(response.get_data())
    assert response.status_code == 202
    assert response.mimetype == "application/x-protobuf"
    assert answer.event_id == str(identity.event_id("acme", "r-1"))
    assert bus.events[0].command == asked


def test_the_accept_header_chooses_the_type_of_the_answer(client: FlaskClient) -> None:
    response = post(client, body(), Accept="application/x-protobuf")
    assert command_pb2.CommandResponse.FromString(response.get_data()).request_id == "r-1"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff\xff", "body: is no protobuf CommandRequest"),
        (command_pb2.CommandRequest(request_id="r").SerializeToString(), "Command: is missing"),
        (
            command_codec.to_message(command()).SerializeToString() + b"\x7a\x01x",
            "body: has an unknown field 15",
        ),
    ],
)
def test_bad_protobuf_is_refused(client: FlaskClient, data: bytes, problem: str) -> None:
    response = client.post("/odds", data=data, headers=PROTOBUF)
    assert response.status_code == 400
    answer = command_pb2.CommandResponse.FromString(response.get_data())
    assert answer.msg.startswith(problem)


def test_a_zero_price_in_protobuf_is_no_price(client: FlaskClient) -> None:
    message = command_codec.to_message(command(UPDATE))
    message.payload.money_line.away = 0
    response = client.patch(ODDS, data=message.SerializeToString(), headers=PROTOBUF)
    assert response.status_code == 400


def test_a_bus_that_is_away_is_told_with_503_and_when_to_retry(
    client: FlaskClient, bus: RecordingBus
) -> None:
    bus.away = True
    response = post(client, body())
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert response.get_json()["RequestID"] == "r-1"
    assert client.get("/health/ready").status_code == 503


def test_a_bus_with_too_much_in_hand_is_told_with_429_and_when_to_retry(
    client: FlaskClient, bus: RecordingBus
) -> None:
    bus.full = True
    response = post(client, body())
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert response.get_json()["RequestID"] == "r-1"
