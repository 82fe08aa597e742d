"""What browsers are told: who else's pages may read odds, and what an answer is not for."""

from collections.abc import Iterator

import pytest

from odds.adapters.http.security_headers import HEADERS
from odds.settings import SettingsError
from query_api.cross_origin import cross_origin
from tests.exchange import JSON, Request, send
from tests.faulty_bus import faulty_bus
from tests.serving import serving
from tests.stack import Databases
from tests.waiting import wait_for

SITE = "https://odds.example"
READY, LIVE = Request("GET", "/health/ready"), Request("GET", "/health/live")
AWAY = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "DATABASE_URL": "postgresql+pg8000://nobody@127.0.0.1:1/nothing",
    "DATASTORE_EMULATOR_HOST": "127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
}
"""All that a service stands on, and none of it is there."""


@pytest.fixture(scope="module")
def queries(databases: Databases, datastore_host: str) -> Iterator[str]:
    environ = {
        "DATABASE_URL": databases.fresh(),
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "CORS_ORIGINS": f"{SITE}, https://app.example",
    }
    with serving("query_api", environ) as url:
        wait_for(lambda: send(url, READY).status == 200)
        yield url


@pytest.mark.parametrize("path", ["/odds", "/api/graphql"])
def test_a_listed_site_may_ask_and_read_what_it_needs(queries: str, path: str) -> None:
    asks = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, last-event-id",
    }
    preflight = send(queries, Request("OPTIONS", path, asks))
    assert preflight.status == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == SITE
    answer = send(queries, Request("GET", "/odds", {"Origin": "https://app.example"}))
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "X-Feed-Cursor" in answer.headers["Access-Control-Expose-Headers"]


def test_another_site_is_not_allowed(queries: str) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    assert send(queries, Request("OPTIONS", "/odds", asks)).status == 400
    answer = send(queries, Request("GET", "/odds", {"Origin": "https://evil.example"}))
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origins", ["odds.example", "https://a.example/path", "*,x"])
def test_what_is_no_origin_keeps_the_service_from_starting(origins: str) -> None:
    async def nothing(*_: object) -> None: ...

    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        cross_origin(origins, nothing)


@pytest.mark.parametrize("path", ["/odds", "/nowhere", "/odds/7", "/health/live"])
def test_every_answer_to_a_reader_is_data_only(queries: str, path: str) -> None:
    assert is_data_only(queries, Request("GET", path))


def test_every_answer_to_a_provider_is_data_only() -> None:
    with faulty_bus() as bus:
        environ = {"GOOGLE_CLOUD_PROJECT": "p", "PUBSUB_EMULATOR_HOST": bus.host}
        with serving("command_api", environ) as url:
            for request in (Request("POST", "/odds", {"Content-Type": JSON}, b"{"), READY, LIVE):
                assert is_data_only(url, request)


def test_every_answer_to_an_operator_is_data_only() -> None:
    with serving("replayer", AWAY) as url:
        for request in (Request("GET", "/replay"), Request("GET", "/nowhere"), READY, LIVE):
            assert is_data_only(url, request)


def test_every_refusal_of_a_push_is_data_only() -> None:
    with serving("projector", AWAY) as url:
        for request in (Request("POST", "/push", body=b"{"), Request("GET", "/push"), READY, LIVE):
            assert is_data_only(url, request)


def is_data_only(url: str, request: Request) -> bool:
    headers = send(url, request).headers
    return {name: headers.get(name) for name in HEADERS} == HEADERS
