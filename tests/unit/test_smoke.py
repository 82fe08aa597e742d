"""The job that asks new revisions whether they are ready."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google.auth.exceptions import DefaultCredentialsError

from odds.adapters.http import smoke


class Service(BaseHTTPRequestHandler):
    """Ready for one token only."""

    def do_GET(self) -> None:
        may = self.headers["Authorization"] == f"Bearer token for http://{self.headers['Host']}"
        self.send_response(200 if self.path == "/health/ready" and may else 403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def token(audience: str) -> str:
    return f"token for {audience}"


def test_services_that_are_ready_let_the_deploy_go_on(url: str) -> None:
    assert smoke.main([url, url], token) == 0


@pytest.mark.parametrize("patience", [0.0, 0.05])
def test_a_service_that_is_not_ready_is_named(url: str, patience: float) -> None:
    said = smoke.problem(url, lambda _: "another", patience=patience)
    assert said == f"{url}: 403 "


def test_where_there_is_no_token_or_no_service_it_is_said(url: str) -> None:
    def none(_: str) -> str:
        raise DefaultCredentialsError("no account")

    assert smoke.problem(url, none, patience=0) == f"{url}: no account"
    assert "refused" in str(smoke.problem("http://127.0.0.1:1", token, patience=0))


def test_a_tag_is_no_part_of_the_audience() -> None:
    asked = []

    def remember(audience: str) -> str:
        asked.append(audience)
        return ""

    smoke.problem("https://candidate---projector.invalid", remember, patience=0)
    assert asked == ["https://projector.invalid"]


def test_to_ask_nobody_is_a_mistake() -> None:
    assert smoke.main([], token) == 1
