"""The query service as a process, and a projector's hand to write what it reads."""

import contextlib
import http.client
import itertools
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import Message
from typing import IO, Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from local.ports import free_port
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.event import Event
from tests.examples import GAME, NOW, delete, new, update
from tests.paths import ROOT

GRAPHQL = "/api/graphql"
INSTANT_ODDS = """subscription { getInstantOdds {
    id external_id game_id moneyline created_at updated_at
    provider game_type deleted event_id cursor published_at conflated image
} }"""
INSTANT_ODDS_OF = INSTANT_ODDS.replace("getInstantOdds", "getInstantOdds(%s)")
"""The same with arguments."""
DEADLINE = 60.0
OPEN_DOOR = {"DATASTORE_EMULATOR_HOST": "127.0.0.1:1", "GOOGLE_CLOUD_PROJECT": "test"}
"""A service without tokens has to stand beside an emulator, even one it never asks."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


class Market:
    """Projects events as the projector does, each newer than the one before."""

    def __init__(self, database_url: str) -> None:
        self.engine = postgres.create_engine(database_url, pool_size=4)
        self.read_model = ReadModel(self.engine)
        self._times = itertools.count(NOW)

    def project(self, *events: Event) -> list[str]:
        """Project one batch; returns the ids of its events."""
        self.read_model.project(events)
        return [str(event.event_id) for event in events]

    def new(self, *, game_id: str = GAME, provider: str = "acme") -> UUID:
        event = new(at=next(self._times), game_id=game_id, provider=provider)
        self.project(event)
        return event.external_id

    def update(self, external_id: UUID, *homes: float) -> list[str]:
        """One batch of updates of one odds; returns the ids of their events."""
        return self.project(*(self.updated(external_id, home) for home in homes))

    def updated(self, external_id: UUID, home: float, *, game_id: str = GAME) -> Event:
        return update(external_id, at=next(self._times), home=home, game_id=game_id)

    def delete(self, external_id: UUID, *, game_id: str = GAME) -> None:
        self.project(delete(external_id, at=next(self._times), game_id=game_id))

    def kill_connections(self, application: str) -> int:
        """Have PostgreSQL end the service's connections of that name; says how many there were."""
        kill = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name = :application"
        )
        with self.engine.connect() as connection:
            return connection.scalar(kill, {"application": application}) or 0


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class QueryService:
    """A running service; closes the streams that were opened on it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], opened: ExitStack) -> None:
        self.port = port
        self.process = process
        self._opened = opened

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: str | None = None
    ) -> Answer:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        with contextlib.closing(client):
            client.request(method, path, body, headers or {})
            response = client.getresponse()
            return Answer(response.status, response.headers, response.read())

    def post(self, query: str, accept: str, **parameters: Any) -> Answer:
        body = json.dumps({"query": query, **parameters})
        headers = {"Content-Type": "application/json", "Accept": accept}
        return self.request("POST", GRAPHQL, headers, body)

    def subscribe(
        self,
        arguments: str = "",
        *,
        last_event_id: str | None = None,
        receive_buffer: int | None = None,
    ) -> "Stream":
        """Open a stream; a small ``receive_buffer`` (bytes) lets the server feel a slow reader."""
        connection = self._opened.enter_context(socket.socket())
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(DEADLINE)
        connection.connect(("127.0.0.1", self.port))
        stream = Stream(
            connection,
            INSTANT_ODDS.replace("getInstantOdds", f"getInstantOdds{arguments}"),
            last_event_id,
        )
        self._opened.callback(stream.close)
        return stream

    def health(self) -> dict[str, Any]:
        state: dict[str, Any] = self.request("GET", "/health/ready").json()
        return state

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


class Stream:
    """Server-sent events of the subscription to instant odds, read one by one."""

    def __init__(
        self, connection: socket.socket, query: str, last_event_id: str | None = None
    ) -> None:
        self._connection = connection
        client = http.client.HTTPConnection("127.0.0.1")
        client.sock = connection
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        client.request("POST", GRAPHQL, json.dumps({"query": query}), headers)
        self.response = client.getresponse()
        assert self.response.status == 200, self.response.read()
        self.place: str | None = None
        """Where it begins, as it was told before any change; None where an image comes first."""
        if self.response.peek(1)[:1] == b":":
            for line in iter(self.response.readline, b"\n"):
                if line.startswith(b"id: "):
                    self.place = line.decode().removeprefix("id: ").rstrip("\n")

    def lines(self) -> Iterator[str]:
        """Raises TimeoutError where nothing but heartbeats came until the deadline."""
        deadline = time.monotonic() + DEADLINE
        while line := self.response.readline():
            if line.startswith(b"data:"):
                deadline = time.monotonic() + DEADLINE
            if time.monotonic() > deadline:
                raise TimeoutError("no event came")
            yield line.decode().rstrip("\n")

    def events(self) -> Iterator[tuple[str, str]]:
        event = ""
        for line in self.lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data:"):
                yield event, line.removeprefix("data:").strip()

    def changes(self) -> Iterator[dict[str, Any]]:
        for event, data in self.events():
            assert event == "next"
            yield json.loads(data)["data"]["getInstantOdds"]

    def places(self) -> Iterator[str]:
        """Of what comes, changes or not."""
        for line in self.lines():
            if line.startswith("id: "):
                yield line.removeprefix("id: ")

    def take(self, count: int) -> list[dict[str, Any]]:
        return list(itertools.islice(self.changes(), count))

    def nothing_comes_within(self, seconds: float) -> bool:
        """Says so of a stream that was read to its end, of a service whose heart beats slowly."""
        readable, _, _ = select.select([self._connection], [], [], seconds)
        return not readable

    def close(self) -> None:
        """Leave as a client does that says goodbye."""
        self.response.close()
        self._connection.close()

    def reset(self) -> None:
        """Leave as a client does whose machine went away: with a TCP reset."""
        at_once = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.close()


@contextlib.contextmanager
def query_service(
    database_url: str,
    until: Callable[[QueryService], bool] | None = None,
    output: int | IO[bytes] = subprocess.DEVNULL,
    port: int | None = None,
    **environment: str,
) -> Iterator[QueryService]:
    """gunicorn as the cloud runs it, on a ``port`` of its own, once it is ready or ``until``; what
    it logs goes to ``output``."""
    port = port or free_port()
    conf = ROOT / "query_api" / "gunicorn.conf.py"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(conf), "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=os.environ | OPEN_DOOR | {"DATABASE_URL": database_url} | environment,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )
    with ExitStack() as opened:
        opened.callback(process.wait, DEADLINE)
        opened.callback(process.send_signal, signal.SIGQUIT)
        service = QueryService(port, process, opened)
        wait_until(lambda: (until or _is_ready)(service), "the start of the service", 120)
        yield service


def _is_ready(service: QueryService) -> bool:
    assert service.process.poll() is None, "the service has ended"
    try:
        return bool(service.health()["status"] == "ready")
    except OSError:
        return False
