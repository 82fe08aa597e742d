"""GraphQL over HTTP, on the running service."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from tests.integration.query_service import GRAPHQL, Market, QueryService, query_service
from tests.stack import Databases

GRAPHQL_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
EVENT_STREAM = "text/event-stream"
URQL = f"{GRAPHQL_JSON}, application/graphql+json, {PLAIN_JSON}, {EVENT_STREAM}, multipart/mixed"
ODDS = "id external_id provider game_id game_type moneyline deleted created_at updated_at"
SUBSCRIPTION = "subscription { getInstantOdds { id } }"
SCHEMA = "{ __schema { queryType { name } } }"


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[QueryService]:
    with query_service(database_url) as service:
        yield service


@pytest.fixture(scope="module")
def odds(database_url: str) -> Iterator[list[UUID]]:
    market = Market(database_url)
    odds = [market.new(game_id=f"soccer:{place}") for place in range(3)]
    market.delete(odds[2], game_id="soccer:2")
    yield odds
    market.engine.dispose()


def ask(service: QueryService, query: str, **variables: Any) -> dict[str, Any]:
    answer = service.post(query, GRAPHQL_JSON, variables=variables)
    assert (answer.status, answer.headers["Content-Type"]) == (200, GRAPHQL_JSON)
    result: dict[str, Any] = answer.json()
    return result


def test_one_odds_is_found_by_its_external_id(service: QueryService, odds: list[UUID]) -> None:
    query = f"query one($id: ID!) {{ odds(external_id: $id) {{ {ODDS} }} }}"
    found = ask(service, query, id=str(odds[0]))["data"]["odds"]
    assert int(found.pop("id")) > 0
    assert found.pop("created_at") == found.pop("updated_at") == 1790000000.0
    assert found == {
        "external_id": str(odds[0]),
        "provider": "acme",
        "game_id": "soccer:0",
        "game_type": "soccer",
        "moneyline": {"home": 1.9, "away": 4.2, "draw": 3.5},
        "deleted": False,
    }


def test_deleted_odds_say_so_and_unknown_ones_are_null(
    service: QueryService, odds: list[UUID]
) -> None:
    query = "query one($id: ID!) { odds(external_id: $id) { deleted } }"
    assert ask(service, query, id=str(odds[2]))["data"] == {"odds": {"deleted": True}}
    assert ask(service, query, id=str(uuid4()))["data"] == {"odds": None}


def test_the_history_tells_what_became_of_each_event(
    service: QueryService, odds: list[UUID]
) -> None:
    query = """query told($id: ID!) { odds_history(external_id: $id, page_size: 1) {
        events { command outcome moneyline command_moneyline deleted created_at projected_at }
        page_no page_size total } }"""
    history = ask(service, query, id=str(odds[2]))["data"]["odds_history"]
    [event] = history.pop("events")
    assert history == {"page_no": 1, "page_size": 1, "total": 2}
    assert 1790000000 <= event.pop("created_at") != event.pop("projected_at")
    assert event == {
        "command": "DeleteOdds",
        "outcome": "applied",
        "moneyline": {"home": 1.9, "away": 4.2, "draw": 3.5},
        "command_moneyline": None,
        "deleted": True,
    }
    assert ask(service, query, id=str(uuid4()))["data"] == {"odds_history": None}


def test_odds_are_told_as_of_a_time(service: QueryService, odds: list[UUID]) -> None:
    query = "query then($id: ID!, $t: Time) { odds(external_id: $id, as_of: $t) { deleted } }"
    told = [
        ask(service, query, id=str(odds[2]), t=time)["data"]["odds"]
        for time in (1789999999, "2026-09-21T14:13:20.000002Z", 1790000001.5)
    ]
    assert told == [None, {"deleted": False}, {"deleted": True}]


def test_the_list_is_paged_and_filtered(service: QueryService, odds: list[UUID]) -> None:
    query = """query list($page: Int!, $game: String) {
        list_odds(page_no: $page, page_size: 1, game_id: $game) {
            odds { external_id } page_no page_size total } }"""
    assert ask(service, query, page=2)["data"]["list_odds"] == {
        "odds": [{"external_id": str(odds[1])}],
        "page_no": 2,
        "page_size": 1,
        "total": 2,
    }
    assert ask(service, query, page=1, game="soccer:0")["data"]["list_odds"]["total"] == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('{ odds(external_id: "x") { id } }', "external_id: is 'x'; expected a UUID"),
        ("{ list_odds(page_no: 0) { total } }", "page_no: is 0; expected 1 to"),
        (
            "{ list_odds(page_no: 1001, page_size: 100) { total } }",
            "page_no: is 1001, of 100 rows each; expected 1 to 1000",
        ),
        ("{ list_odds(page_size: 101) { total } }", "page_size: is 101; expected 1 to 100"),
        ('{ list_odds(game_id: "") { total } }', "game_id: is empty; expected 1 to 128"),
        (
            f'{{ odds_history(external_id: "{UUID(int=1)}", page_no: 0) {{ total }} }}',
            "page_no: is 0; expected 1 to",
        ),
        (
            f'{{ odds_history(external_id: "{UUID(int=1)}", page_no: 5001) {{ total }} }}',
            "page_no: is 5001, of 20 rows each; expected 1 to 5000",
        ),
    ],
)
def test_a_bad_argument_is_an_error_with_a_code(
    service: QueryService, query: str, message: str
) -> None:
    answer = service.post(query, PLAIN_JSON)
    [error] = answer.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ odds", "Syntax Error"),
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{ odds(external_id: 1.5) { id } }", "ID cannot represent"),
        ('{ odds(external_id: "x", as_of: "noon") { id } }', "Time: expected RFC 3339"),
        ("subscription { getInstantOdds { price } }", "Cannot query field 'price'"),
        ("mutation { a }", "mutation operation is not supported"),
        ("query a { __typename } query b { __typename }", "operationName must name one"),
    ],
)
def test_an_operation_that_is_no_good_is_refused_in_the_media_type_asked_for(
    service: QueryService, query: str, message: str
) -> None:
    """GraphQL over HTTP: 400 in its own media type, 200 in application/json."""
    both = f"{PLAIN_JSON};q=0.5, {EVENT_STREAM}"
    for accept, status, media_type in (
        (GRAPHQL_JSON, 400, GRAPHQL_JSON),
        ("*/*", 400, GRAPHQL_JSON),
        (URQL, 400, GRAPHQL_JSON),
        (both, 200, PLAIN_JSON),
    ):
        if "subscription" in query and EVENT_STREAM not in accept:
            continue
        answer = service.post(query, accept)
        assert (answer.status, answer.headers["Content-Type"]) == (status, media_type)
        assert message in answer.json()["errors"][0]["message"]
        assert "data" not in answer.json()


def test_a_client_of_streams_alone_gets_errors_as_events(service: QueryService) -> None:
    """For an EventSource can't read the body of a 400."""
    answer = service.post("{ nothing }", EVENT_STREAM)
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, EVENT_STREAM)
    event, complete, end = answer.body.decode().split("\n\n")
    assert event.startswith("event: next\ndata: ")
    [error] = json.loads(event.removeprefix("event: next\ndata: "))["errors"]
    assert "nothing" in error["message"]
    assert (complete, end) == ("event: complete\ndata:", "")


def test_a_query_is_answered_as_json_wherever_the_client_takes_it(service: QueryService) -> None:
    for accept in (URQL, f"{EVENT_STREAM}, {PLAIN_JSON};q=0.1", f"{PLAIN_JSON}; charset=utf-8"):
        answer = service.post("{ __typename }", accept)
        assert answer.headers["Content-Type"] in (GRAPHQL_JSON, PLAIN_JSON)
        assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_query_is_answered_as_a_stream_where_the_client_takes_nothing_else(
    service: QueryService,
) -> None:
    answer = service.post("{ __typename }", f"{EVENT_STREAM};q=1")
    assert answer.body == (
        b'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n'
    )


@pytest.mark.parametrize("accept", ["*/*", PLAIN_JSON, GRAPHQL_JSON])
def test_a_subscription_needs_a_client_that_takes_streams(
    service: QueryService, accept: str
) -> None:
    answer = service.post(SUBSCRIPTION, accept)
    assert answer.status == 406
    assert "Accept: text/event-stream" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "message"),
    [
        ("GET", {}, None, 400, "not a GraphQL request"),
        ("PUT", {}, "{}", 405, "PUT is not allowed; use GET or POST"),
        ("POST", {"Content-Type": "text/plain"}, "{}", 415, "Content-Type: is 'text/plain'"),
        ("POST", {}, "{}", 415, "Content-Type: is ''; expected application/json"),
        ("POST", {"Content-Type": PLAIN_JSON}, "{", 400, "body: is no JSON"),
        ("POST", {"Content-Type": PLAIN_JSON}, "[" * 60_000, 400, "body: is no JSON"),
        ("POST", {"Content-Type": PLAIN_JSON}, "{}", 400, "not a GraphQL request"),
        ("POST", {"Content-Type": PLAIN_JSON}, "[]", 400, "not a GraphQL request"),
        ("POST", {"Content-Type": PLAIN_JSON}, '{"query": 1}', 400, "not a GraphQL request"),
        (
            "POST",
            {"Content-Type": PLAIN_JSON},
            '{"query": "{a}", "variables": 1}',
            400,
            "not a GraphQL request",
        ),
        ("POST", {"Content-Type": PLAIN_JSON}, " " * 65_537, 413, "body: is over 65536 bytes"),
        (
            "POST",
            {"Content-Type": PLAIN_JSON, "Accept": "text/html"},
            '{"query": "{ __typename }"}',
            406,
            "Accept: expected one of",
        ),
    ],
)
def test_what_is_no_graphql_request_gets_a_status_of_http(
    service: QueryService,
    method: str,
    headers: dict[str, str],
    body: str | None,
    status: int,
    message: str,
) -> None:
    answer = service.request(method, GRAPHQL, headers, body)
    assert answer.status == status
    assert answer.json()["errors"][0]["message"].startswith(message)
    assert answer.headers["Allow"] == ("GET, POST" if status == 405 else None)


def test_a_get_asks_in_its_query_string(service: QueryService, odds: list[UUID]) -> None:
    """As a browser's EventSource has to."""
    asked = {"query": f"query one($id: ID!) {{ odds(external_id: $id) {{ {ODDS} }} }}"}
    variables = json.dumps({"id": str(odds[0])})
    path = f"{GRAPHQL}?{urlencode({**asked, 'variables': variables})}"
    assert service.request("GET", path).json()["data"]["odds"]["external_id"] == str(odds[0])
    broken = service.request("GET", f"{GRAPHQL}?{urlencode({**asked, 'variables': '{'})}")
    assert (broken.status, broken.json()["errors"][0]["message"][:22]) == (
        400,
        "variables: is no JSON ",
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "{" + " ".join(f"a{n}: list_odds(page_size: 100) {{ total }}" for n in range(11)) + "}",
            "the query may read 1100 rows; expected 1000 at most",
        ),
        (
            "{ ...A ...A } fragment A on Query { ...B b: list_odds(page_size: 100) { total } }"
            " fragment B on Query {"
            + " ".join(f"a{n}: list_odds(page_size: 100) {{ total }}" for n in range(5))
            + "}",
            "the query may read 1200 rows",
        ),
        (
            "{ odds(external_id: 1) { a { b { c { d { e { f } } } } } } }",
            "the query is nested 7 fields deep",
        ),
        ("{ " + "a " * 2001 + "}", "Syntax Error: Document contains more than 2000 tokens"),
    ],
    ids=["aliases", "fragments", "depth", "length"],
)
def test_a_document_that_asks_for_too_much_is_refused(
    service: QueryService, query: str, message: str
) -> None:
    answer = service.post(query, GRAPHQL_JSON)
    assert answer.status == 400
    assert any(error["message"].startswith(message) for error in answer.json()["errors"])


def test_a_client_without_a_cursor_of_ours_is_told_so(service: QueryService) -> None:
    stream = {"Accept": EVENT_STREAM, "Content-Type": PLAIN_JSON, "Last-Event-ID": "7"}
    answer = service.request("POST", GRAPHQL, stream, json.dumps({"query": SUBSCRIPTION}))
    [error] = answer.json()["errors"]
    assert (answer.status, error["message"]) == (
        400,
        "Last-Event-ID: is '7'; expected a cursor that this API gave",
    )


def test_the_number_of_subscribers_is_bounded_and_the_schema_is_told_where_it_is_turned_on(
    database_url: str,
) -> None:
    with query_service(database_url, MAX_SUBSCRIBERS="1") as service:
        service.subscribe()
        refused = service.post(SUBSCRIPTION, EVENT_STREAM)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        hidden = service.post(SCHEMA, GRAPHQL_JSON)
        assert "introspection" in hidden.json()["errors"][0]["message"]
    with query_service(database_url, INTROSPECTION="true") as service:
        told = service.post(SCHEMA, GRAPHQL_JSON)
        assert told.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}


def test_without_postgresql_a_query_says_that_it_is_unavailable(database_url: str) -> None:
    def is_live(service: QueryService) -> bool:
        try:
            return service.request("GET", "/health/live").status == 200
        except OSError:
            return False

    with query_service(f"{database_url}-away", until=is_live) as service:
        answer = service.post("{ list_odds { total } }", GRAPHQL_JSON)
        [error] = answer.json()["errors"]
        assert error["message"] == "the read model is away; try again"
        assert error["extensions"]["code"] == "UNAVAILABLE"
