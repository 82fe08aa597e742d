"""The servers that are compared, and how a change is made known to each."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bench.fanout.market import Market
from bench.fanout.odds import QUERY
from local.part import Part
from local.ports import HOST, Ports
from local.settings import ROOT
from local.waiting import answers_ok

HERE = Path(__file__).parent / "peers"
MODULES = Path("/usr/lib/nginx/modules")

OURS = ("-c", "query_api/gunicorn.conf.py")
BESIDE = (
    "DATASTORE_EMULATOR_HOST=127.0.0.1:1",
    "GOOGLE_CLOUD_PROJECT=bench",
    "LOG_LEVEL=WARNING",
)

Change = dict[str, Any]


class Peer(Protocol):
    name: str

    def part(self, directory: Path) -> Part:
        """Its process. Raises SystemExit where something that it needs is not installed."""

    def request(self) -> bytes:
        """What a reader sends to follow the odds."""

    def publish(self, changes: Sequence[Change]) -> None:
        """Make changes known; returns when the server has them."""

    def close(self) -> None: ...


class GraphQLPeer:
    """Serves the API's subscription over SSE, and publishes what is POSTed to it."""

    def __init__(self) -> None:
        self._port = Ports.free().gateway_port
        self._publisher: http.client.HTTPConnection | None = None

    def request(self) -> bytes:
        return graphql_over_sse(self._port)

    def publish(self, changes: Sequence[Change]) -> None:
        try:
            self._post(json.dumps(changes))
        except (http.client.RemoteDisconnected, ConnectionError):
            # Nothing was published for so long that the server closed the connection.
            self.close()
            self._post(json.dumps(changes))

    def _post(self, body: str) -> None:
        if self._publisher is None:
            self._publisher = http.client.HTTPConnection(HOST, self._port, timeout=60)
        self._publisher.request("POST", "/publish", body)
        self._publisher.getresponse().read()

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


class Yoga(GraphQLPeer):
    """graphql-yoga on Node, from npm in the version of the lock file."""

    name = "graphql-yoga"

    def part(self, directory: Path) -> Part:
        if not (HERE / "node_modules").is_dir():
            subprocess.run(("npm", "ci", "--silent"), cwd=HERE, check=True)
        command = ("env", f"PORT={self._port}", _installed("node"), str(HERE / "yoga.mjs"))
        return _part(self.name, command, self._port)


class Ariadne(GraphQLPeer):
    """Ariadne's own handler, with the worker that the query service has."""

    name = "Ariadne's handler"

    def part(self, directory: Path) -> Part:
        return _part(
            self.name, gunicorn("bench.fanout.ariadne_app:create_app()", self._port), self._port
        )


class Ours(GraphQLPeer):
    """The query service as it runs, its fan-out fed over HTTP as the others are."""

    name = "ours"

    def part(self, directory: Path) -> Part:
        given = (
            "DATABASE_URL=postgresql+pg8000://nobody@127.0.0.1:1/nothing",
            *BESIDE,
        )
        command = gunicorn("bench.fanout.ours_app:create_app()", self._port, *OURS)
        return _part(self.name, ("env", *given, *command), self._port, "ready")


class OursOverPostgres(Ours):
    """The same from the commit on: changes are projected to PostgreSQL, and the feed reads them."""

    name = "ours, from the commit on"

    def part(self, directory: Path) -> Part:
        self._market = Market(directory)
        given = (
            f"DATABASE_URL={self._market.database_url}",
            *BESIDE,
        )
        command = gunicorn("query_api.main:create_app()", self._port, *OURS)
        return _part(self.name, ("env", *given, *command), self._port, "ready")

    def publish(self, changes: Sequence[Change]) -> None:
        self._market.project(len(changes))

    def close(self) -> None:
        self._market.close()


class Nchan:
    """nginx with nchan, from Debian: it sends what it is given, and knows no GraphQL."""

    name = "nginx with nchan"

    def __init__(self) -> None:
        self._port = Ports.free().gateway_port
        self._publisher: socket.socket | None = None

    def part(self, directory: Path) -> Part:
        if not (MODULES / "ngx_nchan_module.so").exists():
            raise SystemExit("nchan is missing (Debian: apt-get install libnginx-mod-nchan)")
        text = (HERE / "nginx.conf").read_text()
        for name, value in {"MODULES": MODULES, "DIRECTORY": directory, "PORT": self._port}.items():
            text = text.replace(name, str(value))
        configuration = directory / "nginx.conf"
        configuration.write_text(text)
        command = (_installed("nginx"), "-p", str(directory), "-c", str(configuration))
        return _part(self.name, command, self._port)

    def request(self) -> bytes:
        lines = ("GET /subscribe HTTP/1.1", f"Host: {HOST}", "Accept: text/event-stream")
        return "\r\n".join((*lines, "", "")).encode()

    def publish(self, changes: Sequence[Change]) -> None:
        """One POST each, all sent before the first answer is read."""
        if self._publisher is None:
            self._publisher = socket.create_connection((HOST, self._port), timeout=60)
        self._publisher.sendall(b"".join(_post(json.dumps(_result(each))) for each in changes))
        answers = b""
        while answers.count(b"HTTP/1.1 20") < len(changes):
            answers += self._publisher.recv(1 << 16)

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()


def gunicorn(application: str, port: int, *options: str) -> tuple[str, ...]:
    worker = ("-k", "asgi", "--worker-connections", "20000", "--backlog", "8192")
    bind = ("--bind", f"{HOST}:{port}")
    return (sys.executable, "-m", "gunicorn", *worker, *bind, *options, application)


def graphql_over_sse(port: int) -> bytes:
    """The API's subscription in distinct-connections mode of GraphQL over SSE."""
    body = json.dumps({"query": QUERY}).encode()
    lines = (
        "POST /api/graphql HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _part(name: str, command: tuple[str, ...], port: int, health: str = "live") -> Part:
    address = f"http://{HOST}:{port}"
    ready = partial(answers_ok, f"{address}/health/{health}")
    return Part(name, command, ready, address, directory=ROOT)


def _result(change: Change) -> dict[str, Any]:
    return {"data": {"getInstantOdds": change}}


def _post(body: str) -> bytes:
    head = f"POST /publish HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def _installed(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: it is one of those compared")
    return found
