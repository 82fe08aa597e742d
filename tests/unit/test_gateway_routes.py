"""The routing table, as it stands in gateway/routes.yaml."""

import pytest

from gateway.main import ROUTES
from gateway.routes import MethodNotAllowedError, PathNotFoundError, RoutingTable

EXTERNAL_ID = "9f3e7f9c-94a5-4f4e-8f6a-0f1c6e1f2a3b"


@pytest.fixture(scope="module")
def table() -> RoutingTable:
    return RoutingTable.load(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", "/odds", "command_api"),
        ("PATCH", f"/odds/{EXTERNAL_ID}", "command_api"),
        ("DELETE", f"/odds/{EXTERNAL_ID}", "command_api"),
        ("GET", "/odds", "query_api"),
        ("HEAD", "/odds", "query_api"),
        ("GET", f"/odds/{EXTERNAL_ID}", "query_api"),
        ("HEAD", f"/odds/{EXTERNAL_ID}", "query_api"),
        ("GET", "/api/graphql", "query_api"),
        ("POST", "/api/graphql", "query_api"),
        ("GET", "/", "query_api"),
        ("GET", "/assets/board/main.js", "query_api"),
        ("GET", "/replay", "replayer"),
        ("POST", "/replay", "replayer"),
        ("GET", "/replay/7", "replayer"),
        ("DELETE", "/replay/7", "replayer"),
        ("GET", "/odds/no-uuid-at-all", "query_api"),
        ("GET", "/odds/one%2Fsegment", "query_api"),
    ],
)
def test_each_method_and_path_has_its_service(
    table: RoutingTable, method: str, path: str, service: str
) -> None:
    assert table.service(method, path) == service


@pytest.mark.parametrize(
    "path",
    [
        "/odd",
        "/odds/",
        "/odds/a/b",
        "/api",
        "/api/graphql/x",
        "/ODDS",
        "/odds.json",
        "/assets/board",
    ],
)
def test_a_path_of_no_route_is_not_found(table: RoutingTable, path: str) -> None:
    with pytest.raises(PathNotFoundError):
        table.service("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/odds", ("GET", "HEAD", "OPTIONS", "POST")),
        ("POST", f"/odds/{EXTERNAL_ID}", ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH")),
        ("DELETE", "/api/graphql", ("GET", "OPTIONS", "POST")),
    ],
)
def test_another_method_is_told_which_are_allowed(
    table: RoutingTable, method: str, path: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(MethodNotAllowedError) as refusal:
        table.service(method, path)
    assert refusal.value.allowed == allowed
