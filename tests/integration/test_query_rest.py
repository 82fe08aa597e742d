"""The REST API of the running service, on a real PostgreSQL."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from odds.v1 import command_pb2, query_pb2
from tests.examples import update
from tests.integration.query_service import Market, QueryService, query_service, wait_until
from tests.stack import Databases


class Shop:
    """A service and some odds in it."""

    def __init__(self, service: QueryService, market: Market) -> None:
        self.service = service
        self.market = market
        self.soccer = [market.new(game_id=f"soccer:{place}") for place in range(25)]
        self.other_provider = market.new(provider="betfair", game_id="soccer:0")
        self.deleted = market.new(game_id="soccer:gone")
        market.delete(self.deleted, game_id="soccer:gone")
        self.hidden = uuid4()
        market.project(update(self.hidden))


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[Shop]:
    database_url = databases.fresh()
    with query_service(database_url) as service:
        market = Market(database_url)
        yield Shop(service, market)
        market.engine.dispose()


def listed(shop: Shop, query: str) -> dict[str, Any]:
    answer = shop.service.request("GET", f"/odds{query}")
    assert answer.status == 200, answer.body
    data: dict[str, Any] = answer.json()["Data"]
    return data


def external_ids(data: dict[str, Any]) -> list[UUID]:
    return [UUID(odds["ExternalID"]) for odds in data["Odds"]]


def test_the_list_begins_with_twenty_by_id(shop: Shop) -> None:
    data = listed(shop, "")
    assert external_ids(data) == shop.soccer[:20]
    assert (data["PageNo"], data["PageSize"], data["Total"]) == (1, 20, 26)
    ids = [odds["ID"] for odds in data["Odds"]]
    assert ids == sorted(ids)


def test_pages_make_up_the_whole_without_deleted_and_hidden_odds(shop: Shop) -> None:
    pages = [external_ids(listed(shop, f"?page_no={page}&page_size=9")) for page in (1, 2, 3, 4)]
    assert [external_id for page in pages for external_id in page] == [
        *shop.soccer,
        shop.other_provider,
    ]


def test_a_page_beyond_the_end_is_empty_and_says_the_total(shop: Shop) -> None:
    data = listed(shop, "?page_no=1000&page_size=100")
    assert (data["Odds"], data["Total"]) == ([], 26)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("?game_id=soccer:0", 2),
        ("?game_id=soccer%3A0&provider=acme", 1),
        ("?provider=betfair", 1),
        ("?game_type=soccer", 26),
        ("?game_type=tennis", 0),
        ("?game_id=%27%3B%20DROP%20TABLE%20odds", 0),
    ],
)
def test_filters_narrow_the_list(shop: Shop, query: str, total: int) -> None:
    data = listed(shop, query)
    assert (data["Total"], len(data["Odds"])) == (total, min(total, 20))


def test_one_odds_has_every_column(shop: Shop) -> None:
    external_id = shop.soccer[0]
    answer = shop.service.request("GET", f"/odds/{external_id}", {"X-Request-ID": "my-request"})
    assert answer.status == 200
    assert answer.headers["X-Request-ID"] == "my-request"
    response = answer.json()
    data = response.pop("Data")
    assert response == {"RequestID": "my-request", "Status": "success", "Msg": "ok"}
    assert data.pop("ID") > 0
    assert data.pop("CreatedAt") == data.pop("UpdatedAt") == 1790000000.0
    assert data == {
        "ExternalID": str(external_id),
        "Provider": "acme",
        "GameID": "soccer:0",
        "GameType": "soccer",
        "MoneyLine": {"Home": 1.9, "Away": 4.2, "Draw": 3.5},
        "Deleted": False,
    }


def test_deleted_odds_are_gone_and_unknown_or_hidden_ones_not_found(shop: Shop) -> None:
    for external_id, status in ((shop.deleted, 410), (uuid4(), 404), (shop.hidden, 404)):
        answer = shop.service.request("GET", f"/odds/{external_id}")
        assert answer.status == status
        response = answer.json()
        assert (response["Status"], response["Data"]) == ("fail", None)
        assert str(external_id) in response["Msg"]
        assert UUID(response["RequestID"])


def test_odds_as_of_a_time_were_not_there_then_there_then_deleted(shop: Shop) -> None:
    [deleted, created] = shop.service.request("GET", f"/odds/{shop.deleted}/history").json()[
        "Data"
    ]["Events"]
    assert (created["Command"], deleted["Command"]) == ("NewOdds", "DeleteOdds")
    times = (created["CreatedAt"] - 1e-6, created["CreatedAt"], deleted["CreatedAt"])
    answers = [
        shop.service.request("GET", f"/odds/{shop.deleted}?as_of={time:.6f}") for time in times
    ]
    assert [answer.status for answer in answers] == [404, 200, 410]
    assert answers[1].json()["Data"]["MoneyLine"] == {"Home": 1.9, "Away": 4.2, "Draw": 3.5}
    assert answers[0].json()["Msg"].endswith("as of then")


def test_a_history_is_there_for_deleted_odds_and_not_for_unknown_or_hidden_ones(
    shop: Shop,
) -> None:
    for external_id, status in ((shop.deleted, 200), (uuid4(), 404), (shop.hidden, 404)):
        answer = shop.service.request("GET", f"/odds/{external_id}/history?page_size=1")
        assert answer.status == status
    events = shop.service.request("GET", f"/odds/{shop.deleted}/history?page_size=1&page_no=2")
    assert [event["Outcome"] for event in events.json()["Data"]["Events"]] == ["applied"]
    assert events.json()["Data"]["Total"] == 2


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/odds?page_no=0", "page_no"),
        ("/odds?page_no=1001&page_size=100", "page_no"),
        (f"/odds/{UUID(int=1)}/history?page_no=5001", "page_no"),
        ("/odds?page_no=", "page_no"),
        ("/odds?page_no=1&page_no=2", "page_no"),
        ("/odds?page_size=101", "page_size"),
        ("/odds?page_size=1e2", "page_size"),
        ("/odds?game_id=", "game_id"),
        ("/odds?game_id=a%00b", "game_id"),
        ("/odds?provider=" + "x" * 65, "provider"),
        ("/odds?gameid=x", "gameid"),
        ("/odds/not-a-uuid", "external_id"),
        ("/odds/two%0Alines", "external_id"),
        (f"/odds/{UUID(int=1)}?page_no=1", "page_no"),
        (f"/odds/{UUID(int=1)}?as_of=yesterday", "as_of"),
        (f"/odds/{UUID(int=1)}/history?page_size=0", "page_size"),
        ("/odds/not-a-uuid/history", "external_id"),
    ],
)
def test_a_bad_parameter_gets_400_and_is_named(shop: Shop, path: str, names: str) -> None:
    answer = shop.service.request("GET", path)
    assert answer.status == 400
    assert answer.json()["Msg"].startswith(f"{names}: ")
    assert "; expected " in answer.json()["Msg"]


@pytest.mark.parametrize(
    ("method", "path", "accept", "status"),
    [
        ("GET", "/nowhere", "*/*", 404),
        ("GET", "/odds/", "*/*", 404),
        ("GET", "/%ff%fe", "*/*", 404),
        ("POST", "/odds", "*/*", 405),
        ("DELETE", "/odds/x", "*/*", 405),
        ("GET", "/odds", "text/html", 406),
        ("GET", "/odds", "application/json;q=0", 406),
    ],
)
def test_what_http_refuses_is_answered_in_json(
    shop: Shop, method: str, path: str, accept: str, status: int
) -> None:
    answer = shop.service.request(method, path, {"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    assert (answer.json()["Status"], answer.json()["Data"]) == ("fail", None)
    assert answer.headers["Allow"] == ("GET, HEAD" if status == 405 else None)


def test_protobuf_is_answered_where_it_is_preferred(shop: Shop) -> None:
    accept = {"Accept": "application/x-protobuf, application/json;q=0.5"}
    answer = shop.service.request("GET", f"/odds/{shop.soccer[3]}", accept)
    assert answer.headers["Content-Type"] == "application/x-protobuf"
    message = query_pb2.QueryResponse.FromString(answer.body)
    assert message.odds.external_id == str(shop.soccer[3])
    refused = shop.service.request("GET", "/odds?page_no=0", accept)
    assert refused.status == 400
    message = query_pb2.QueryResponse.FromString(refused.body)
    assert message.status == command_pb2.STATUS_FAIL
    assert message.msg.startswith("page_no: ")


def test_head_has_the_headers_of_get_and_no_body(shop: Shop) -> None:
    headers = {"X-Request-ID": "same"}
    got = shop.service.request("GET", "/odds", headers)
    head = shop.service.request("HEAD", "/odds", headers)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.body))


def test_health_says_live_and_ready(shop: Shop) -> None:
    assert shop.service.request("GET", "/health/live").json() == {"status": "live"}
    wait_until(lambda: shop.service.health()["status"] == "ready", "the service being ready")
    assert shop.service.health() == {
        "status": "ready",
        "change_feed": "current",
        "signing_keys": "known",
        "streams": 0,
    }


def test_a_restarted_postgresql_costs_no_request(shop: Shop) -> None:
    """Its connections are dead, those in the pool among them."""
    listed(shop, "")
    assert shop.market.kill_connections("") > 0
    assert listed(shop, "")["Total"] == 26
