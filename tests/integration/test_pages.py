"""The pages as the query service serves them."""

import re
from collections.abc import Iterator

import msgspec.yaml
import pytest

from local.vendor import Vendored
from query_api.pages.site import ASSETS
from tests.integration.query_service import GRAPHQL, Answer, QueryService, query_service
from tests.paths import ROOT
from tests.stack import Databases

HTML = "text/html; charset=utf-8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VENDORED = msgspec.yaml.decode(
    (ROOT / "query_api" / "pages" / "vendored.yaml").read_bytes(), type=list[Vendored]
)


@pytest.fixture(scope="module")
def service(databases: Databases) -> Iterator[QueryService]:
    with query_service(databases.fresh(), GRAPHIQL="true") as service:
        yield service


def get(service: QueryService, path: str, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return service.request(method, path, named)


def test_the_board_runs_no_code_but_its_own(service: QueryService) -> None:
    page = get(service, "/")
    assert (page.status, page.headers["Content-Type"]) == (200, HTML)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", ["board/index.html", "graphiql/index.html"])
def test_what_a_page_asks_for_is_there(service: QueryService, page: str) -> None:
    text = get(service, f"/assets/{page}").body.decode()
    asked = re.findall(r'(?:src|href)="(/assets/[^"]+)"', text)
    assert asked
    for path in asked:
        assert get(service, path).status == 200, path


def test_every_module_of_the_board_is_imported_or_loaded() -> None:
    folder = ASSETS / "board"
    text = "".join(file.read_text() for file in folder.iterdir())
    for module in folder.glob("*.js"):
        assert f"/{module.name}" in text, module


def test_a_file_that_is_known_is_not_sent_again(service: QueryService) -> None:
    first = get(service, "/assets/board/main.js")
    assert first.headers["Cache-Control"] == "no-cache"
    again = get(service, "/assets/board/main.js", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_what_bears_its_version_is_kept_for_good(service: QueryService) -> None:
    for vendored in VENDORED:
        for file in vendored.files:
            name = file.rpartition("/")[2]
            answer = get(service, f"/assets/{vendored.folder}/{name}", "HEAD")
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["Cache-Control"].endswith("immutable")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/assets/board/none.js", 404),
        ("GET", "/assets/board", 404),
        ("GET", "/assets/../site.py", 404),
        ("GET", "/assets/%2e%2e/site.py", 404),
        ("GET", "/assets/board/%00", 404),
        ("GET", "/assets/" + "x" * 300, 404),
        ("POST", "/assets/board/main.js", 405),
        ("POST", "/", 405),
    ],
)
def test_a_request_for_no_page_is_told_so(
    service: QueryService, method: str, path: str, status: int
) -> None:
    answer = get(service, path, method)
    assert answer.status == status
    assert answer.json()["Status"] == "fail"


def test_a_browser_gets_graphiql_and_nobody_else(service: QueryService) -> None:
    page = get(service, GRAPHQL, Accept=BROWSER)
    assert page.headers["Content-Type"] == HTML
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    for accept in ("*/*", "application/json", "text/event-stream", "application/json, text/html"):
        answer = get(service, GRAPHQL, Accept=accept)
        assert answer.headers["Content-Type"] != HTML


def test_nobody_gets_graphiql_where_it_is_not_turned_on(databases: Databases) -> None:
    with query_service(databases.fresh()) as service:
        assert get(service, GRAPHQL, Accept=BROWSER).headers["Content-Type"] != HTML
