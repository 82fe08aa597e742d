"""Every answer of the running query service that can be provoked, against its description."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
import pytest

from local.ports import free_port
from local.stack import Stack
from odds.command import MAX_PROVIDER
from odds.identity import event_id, external_id
from query_api.graphql.accept import EVENT_STREAM, GRAPHQL_JSON
from query_api.graphql.body import MAX_BODY
from tests.exchange import JSON, PROTOBUF, Answer, Request, opened, send
from tests.integration.openapi_cases import Case, Headers, all_but_failures, provoked
from tests.issuer import guarded
from tests.openapi import HTML, Description, event_data
from tests.serving import serving
from tests.waiting import wait_for

DESCRIPTION = Description("query_api")
PROVIDER = "described"
NEW, GONE = (external_id(event_id(PROVIDER, request_id)) for request_id in ("new", "gone"))
NEW_EVENT, UNKNOWN_EVENT = (event_id(PROVIDER, name) for name in ("new", "never sent"))
UNKNOWN = external_id(event_id(PROVIDER, "never sent"))
BOTH = (JSON, PROTOBUF)
GRAPHQL = "/api/graphql"
LIST = "{ list_odds { total odds { external_id moneyline } } }"
WRONG = "{ prices }"
INSTANT_ODDS = """subscription { getInstantOdds {
    id external_id provider game_id game_type moneyline
    deleted created_at updated_at event_id cursor published_at conflated image
} }"""
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "graphql-transport-ws",
}


def get(status: int, path: str) -> Iterator[Case]:
    """In both media types, and HEAD beside GET."""
    for kind in BOTH:
        headers = {"Accept": kind, "X-Request-ID": "described"}
        yield Case(status, kind, Request("GET", path, headers))
    yield Case(status, "", Request("HEAD", path))


def not_acceptable(path: str) -> Iterator[Case]:
    accept = {"Accept": "text/html"}
    yield Case(406, JSON, Request("GET", path, accept))
    yield Case(406, "", Request("HEAD", path, accept))


def elsewhere() -> Iterator[Case]:
    for kind in BOTH:
        accept = {"Accept": kind}
        yield Case(404, kind, Request("GET", "/prices", accept))
        yield Case(405, kind, Request("PUT", "/odds", accept, b""))
        yield Case(405, kind, Request("PUT", f"/odds/{NEW}", accept, b""))
        yield Case(405, kind, Request("PUT", f"/odds/{NEW}/history", accept, b""))
        yield Case(405, kind, Request("PUT", f"/events/{NEW_EVENT}", accept, b""))
    for kind in (JSON, GRAPHQL_JSON):
        yield Case(405, kind, Request("PUT", GRAPHQL, {"Accept": kind}, b""))


def graphql(
    status: int, media_type: str, query: Any, accept: str = "", content_type: str = JSON
) -> Case:
    headers = {"Content-Type": content_type, "Accept": accept or media_type}
    body = msgspec.json.encode({"query": query})
    return Case(status, media_type, Request("POST", GRAPHQL, headers, body))


REST = [
    *get(200, f"/odds?page_no=1&page_size=100&provider={PROVIDER}"),
    *get(200, f"/odds?provider={'x' * MAX_PROVIDER}"),
    *get(200, "/odds?game_type=soccer&page_size=1"),
    *get(400, "/odds?page_size=101"),
    *get(400, "/odds?gameid=soccer:1"),
    *get(400, f"/odds?provider={'x' * (MAX_PROVIDER + 1)}"),
    *not_acceptable("/odds"),
    *get(200, f"/odds/{NEW}"),
    *get(400, "/odds/7"),
    *get(404, f"/odds/{UNKNOWN}"),
    *not_acceptable(f"/odds/{NEW}"),
    *get(410, f"/odds/{GONE}"),
    *get(200, f"/odds/{NEW}?as_of=2999-01-01T00:00:00Z"),
    *get(400, f"/odds/{NEW}?as_of=noon"),
    *get(404, f"/odds/{NEW}?as_of=1588396480.947123"),
    *get(200, f"/odds/{GONE}/history?page_size=2"),
    *get(400, f"/odds/{NEW}/history?page_no=0"),
    *get(404, f"/odds/{UNKNOWN}/history"),
    *not_acceptable(f"/odds/{NEW}/history"),
    *get(200, f"/events/{NEW_EVENT}?wait=5"),
    *get(200, f"/events/{UNKNOWN_EVENT}"),
    *get(400, f"/events/{NEW_EVENT}?wait=31"),
    *not_acceptable(f"/events/{NEW_EVENT}"),
]
GRAPHQL_POST = [
    graphql(200, GRAPHQL_JSON, LIST),
    graphql(200, GRAPHQL_JSON, "{ list_odds(page_no: 0) { total } }"),
    graphql(200, JSON, LIST),
    graphql(200, JSON, WRONG),
    graphql(200, EVENT_STREAM, LIST),
    graphql(400, GRAPHQL_JSON, WRONG),
    graphql(400, GRAPHQL_JSON, "{"),
    graphql(400, JSON, 7),
    graphql(406, GRAPHQL_JSON, LIST, accept="text/html"),
    graphql(406, JSON, INSTANT_ODDS),
    *(graphql(413, kind, "x" * MAX_BODY) for kind in (JSON, GRAPHQL_JSON)),
    *(graphql(415, kind, LIST, content_type="text/plain") for kind in (JSON, GRAPHQL_JSON)),
]


def graphql_get(status: int, media_type: str, query: str, accept: str = "") -> Case:
    path = f"{GRAPHQL}?{urlencode({'query': query})}"
    return Case(status, media_type, Request("GET", path, {"Accept": accept or media_type}))


GRAPHQL_GET = [
    graphql_get(200, GRAPHQL_JSON, LIST),
    graphql_get(200, JSON, LIST),
    graphql_get(200, EVENT_STREAM, LIST),
    graphql_get(400, GRAPHQL_JSON, WRONG),
    Case(400, JSON, Request("GET", GRAPHQL, {"Accept": JSON})),
    graphql_get(406, GRAPHQL_JSON, LIST, accept="image/png"),
    graphql_get(406, JSON, INSTANT_ODDS),
    Case(200, HTML, Request("GET", GRAPHQL, {"Accept": HTML})),
    Case(101, "", Request("GET", GRAPHQL, WEBSOCKET)),
]
READY = Request("GET", "/health/ready")
REST_PATHS = ("/odds", f"/odds/{NEW}", f"/odds/{NEW}/history", f"/events/{NEW_EVENT}")
HEALTHY = [Case(200, JSON, Request("GET", f"/health/{each}")) for each in ("live", "ready")]
READ_MODEL_AWAY = [
    *get(503, "/odds"),
    *get(503, f"/odds/{NEW}"),
    *get(503, f"/odds/{NEW}/history"),
    *get(503, f"/events/{NEW_EVENT}?wait=30"),
    graphql(200, GRAPHQL_JSON, LIST),
    graphql(503, GRAPHQL_JSON, INSTANT_ODDS, accept=EVENT_STREAM),
    graphql(503, JSON, INSTANT_ODDS, accept=f"{JSON}, {EVENT_STREAM}"),
    graphql_get(503, GRAPHQL_JSON, INSTANT_ODDS, accept=EVENT_STREAM),
    graphql_get(503, JSON, INSTANT_ODDS, accept=f"{JSON}, {EVENT_STREAM}"),
    Case(503, JSON, Request("GET", "/health/ready")),
]


def command(stack: Stack, method: str, path: str, name: str, request_id: str) -> None:
    asked = {
        "RequestID": request_id,
        "Provider": PROVIDER,
        "Command": name,
        "Domain": "Odds",
        "Payload": {"GameID": "soccer:described", "MoneyLine": {"Home": 1.9, "Away": -120}},
    }
    body = msgspec.json.encode(asked)
    answer = send(stack.gateway_url, Request(method, path, {"Content-Type": JSON}, body))
    assert answer.status == 202, answer.body


@pytest.fixture(scope="module")
def filled(stack: Stack) -> Stack:
    """The stack, with the odds NEW, and GONE that were deleted."""
    command(stack, "POST", "/odds", "NewOdds", "new")
    command(stack, "POST", "/odds", "NewOdds", "gone")
    command(stack, "DELETE", f"/odds/{GONE}", "DeleteOdds", "go")
    for name in ("new", "gone", "go"):
        request = Request("GET", f"/events/{event_id(PROVIDER, name)}?wait=30")
        assert send(stack.gateway_url, request).json()["Data"]["Outcome"] != "pending"
    return stack


@pytest.fixture(scope="module")
def service_without_read_model() -> Iterator[str]:
    database_url = f"postgresql+pg8000://nobody@127.0.0.1:{free_port()}/nothing"
    settings = {"DATABASE_URL": database_url, "DATASTORE_EMULATOR_HOST": "127.0.0.1:1"}
    with serving("query_api", settings) as url:
        yield url


@pytest.fixture(scope="module")
def guarded_service() -> Iterator[tuple[str, Headers]]:
    """A service that is not read by everybody, and the header of a caller who is no reader."""
    settings = {"DATABASE_URL": "postgresql+pg8000://nobody@127.0.0.1:1/nothing"}
    with (
        guarded("{push: push@odds.example, readers: [rita@odds.example]}") as (issuer, trust),
        serving("query_api", trust | settings) as url,
    ):
        wait_for(lambda: send(url, READY).json()["signing_keys"] == "known")
        yield url, issuer.bearer("sam@odds.example")


STRANGERS = [
    *(Case(401, JSON, Request("GET", path)) for path in (*REST_PATHS, GRAPHQL)),
    *(Case(401, "", Request("HEAD", path)) for path in REST_PATHS),
    graphql(401, JSON, LIST),
]
OTHERS = [case._replace(status=403) for case in STRANGERS]


@pytest.mark.parametrize(
    "case", [*REST, *GRAPHQL_POST, *GRAPHQL_GET, *elsewhere(), *HEALTHY], ids=str
)
def test_the_service_answers_as_described(filled: Stack, case: Case) -> None:
    service = f"http://127.0.0.1:{filled.environment['QUERY_API_PORT']}"
    wait_for(lambda: send(service, READY).status == 200)
    case.check(DESCRIPTION, service)


@pytest.mark.parametrize("case", [*REST, *GRAPHQL_POST, *GRAPHQL_GET], ids=str)
def test_the_gateway_passes_on_what_is_described(filled: Stack, case: Case) -> None:
    case.check(DESCRIPTION, filled.gateway_url)


@pytest.mark.parametrize("case", READ_MODEL_AWAY, ids=str)
def test_without_its_read_model_the_service_answers_as_described(
    service_without_read_model: str, case: Case
) -> None:
    case.check(DESCRIPTION, service_without_read_model)


@pytest.mark.parametrize("case", STRANGERS, ids=str)
def test_strangers_are_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, _ = guarded_service
    case.check(DESCRIPTION, url)


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_who_is_no_reader_is_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, bearer = guarded_service
    case.with_headers(bearer).check(DESCRIPTION, url)


def test_the_list_has_the_odds_that_are_not_deleted(filled: Stack) -> None:
    """So that the schema of odds was held against some."""
    data = send(filled.gateway_url, Request("GET", f"/odds?provider={PROVIDER}")).json()["Data"]
    assert [odds["ExternalID"] for odds in data["Odds"]] == [str(NEW)]


def test_instant_odds_come_as_described(filled: Stack) -> None:
    subscription = graphql(200, EVENT_STREAM, INSTANT_ODDS).request
    with opened(filled.gateway_url, subscription) as stream:
        assert stream.readline() == b":\n"
        command(filled, "PATCH", f"/odds/{NEW}", "UpdateOdds", f"update-{uuid4()}")
        events = b""
        while b'"getInstantOdds"' not in events:
            events += stream.readline()
        answer = Answer(stream.status, stream.headers, events)
    DESCRIPTION.check("POST", GRAPHQL, answer)
    assert set(event_data(events)[0]["data"]["getInstantOdds"]) == set(
        DESCRIPTION.schema("InstantOdds")["properties"]
    )


def test_every_described_answer_but_our_own_failure_is_provoked() -> None:
    cases = [
        *REST,
        *GRAPHQL_POST,
        *GRAPHQL_GET,
        *elsewhere(),
        *HEALTHY,
        *READ_MODEL_AWAY,
        *STRANGERS,
        *OTHERS,
    ]
    assert provoked(DESCRIPTION, cases) == all_but_failures(DESCRIPTION)
