"""How a Cloud Run job is asked to run a worker."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from replayer.launcher import JobLauncher, NotLaunched

JOB = "projects/p/locations/europe-west1/jobs/replay-worker"


class Recorder(HTTPServer):
    """Answers each request with ``status`` and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked: list[tuple[str, object]] = []


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def api() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def launch(api: Recorder) -> None:
    with AuthorizedSession(AnonymousCredentials()) as session:
        JobLauncher(JOB, session, f"http://127.0.0.1:{api.server_port}/v2").launch("abc")


def test_the_job_is_run_with_the_replay_that_it_is_to_work_on(api: Recorder) -> None:
    launch(api)
    overrides = {"containerOverrides": [{"args": ["work", "abc"]}]}
    assert api.asked == [(f"/v2/{JOB}:run", {"overrides": overrides})]


def test_a_job_that_can_not_be_run_is_said_so(api: Recorder) -> None:
    api.status = 403
    with pytest.raises(NotLaunched, match="403"):
        launch(api)
