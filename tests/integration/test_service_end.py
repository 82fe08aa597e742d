"""How a service ends when it is told to."""

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from local.part import Part
from local.ports import Ports
from local.processes import STOP_SECONDS
from local.services import service
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds_event_log
from tests.collector import collector
from tests.examples import new
from tests.integration.patient_projector import patient_projector
from tests.pushing import post, push_body
from tests.serving import running as running_part
from tests.stack import Databases
from tests.waiting import wait_for

REFUSED = {"projector": ("POST", "/push"), "command_api": ("POST", "/odds")}
"""What each service refuses, and counts."""
PUSHES = 300
"""More than one batch takes."""


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = postgres.create_engine(postgres_url, pool_size=2)
    yield engine
    engine.dispose()


def environ(database_url: str, datastore_host: str = "127.0.0.1:1") -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
        "GOOGLE_CLOUD_PROJECT": "ends",
    }


def granted_time(name: str) -> Part:
    """A service that gunicorn lets take longer to end than it is waited for."""
    return service(name, Ports.free().projector_port, "--graceful-timeout", "60")


@pytest.mark.parametrize("name", REFUSED)
def test_a_service_with_an_idle_connection_ends_soon_and_cleans_up(
    databases: Databases, name: str
) -> None:
    with collector() as (collector_url, sent), ExitStack() as running:
        told = environ(databases.fresh()) | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector_url}
        url = running.enter_context(running_part(granted_time(name), told))
        idle = http.client.HTTPConnection(urlsplit(url).netloc)
        idle.request(*REFUSED[name], b"{}")
        assert idle.getresponse().read()
        assert "/v1/metrics" not in sent
        running.close()
        assert sent["/v1/metrics"]  # which are lost where it is killed
        assert idle.sock.recv(1) == b""
        idle.close()


def test_the_replay_service_with_an_idle_connection_ends_soon() -> None:
    with ExitStack() as running:
        url = running.enter_context(running_part(granted_time("replayer"), environ("")))
        idle = http.client.HTTPConnection(urlsplit(url).netloc)
        idle.request("GET", "/nowhere")
        assert idle.getresponse().read()
        began = time.monotonic()
        running.close()
        assert time.monotonic() - began < STOP_SECONDS  # after which it is killed
        idle.close()


def test_a_projector_that_is_told_to_end_finishes_what_it_has_taken_and_takes_no_more(
    engine: Engine, postgres_url: str, datastore_host: str
) -> None:
    with ThreadPoolExecutor(2) as threads, ExitStack() as running:
        part = patient_projector(Ports.free().projector_port)
        url = running.enter_context(running_part(part, environ(postgres_url, datastore_host)))
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE odds IN EXCLUSIVE MODE"))
            pushed = threads.submit(post, url, push_body(new()))
            wait_for(lambda: waits(engine))
            ended = threads.submit(running.close)
            wait_for(lambda: not listens(url))
            assert not pushed.done()
        assert pushed.result(30).status == 204
        ended.result(30)


@pytest.mark.parametrize("stuck", [False, True], ids=["busy", "stuck"])
def test_hundreds_of_pushes_are_each_answered_by_a_projector_that_is_told_to_end(
    engine: Engine, postgres_url: str, datastore_host: str, stuck: bool
) -> None:
    part = patient_projector(Ports.free().projector_port)
    events = [new() for _ in range(PUSHES)]
    with ThreadPoolExecutor(1) as threads, ExitStack() as running, ExitStack() as connections:
        url = running.enter_context(running_part(part, environ(postgres_url, datastore_host)))
        late, *pushing = [connections.enter_context(accepted(url)) for _ in range(1 + PUSHES)]
        with engine.connect() as connection:
            connection.execute(text("LOCK TABLE odds IN EXCLUSIVE MODE"))
            for pusher, event in zip(pushing, events, strict=True):
                pusher.request("POST", "/push", push_body(event))
            wait_for(lambda: waits(engine))
            ended = threads.submit(running.close)
            wait_for(lambda: not listens(url))
            late.request("POST", "/push", push_body(refused := new()))
            assert late.getresponse().status == 503
            if not stuck:
                connection.rollback()
            statuses = [pusher.getresponse().status for pusher in pushing]
        ended.result(60)
    assert set(statuses) <= {204, 503}
    acknowledged = {
        event.event_id for event, status in zip(events, statuses, strict=True) if status == 204
    }
    assert acknowledged <= (written := logged(engine))
    assert refused.event_id not in written


@contextmanager
def accepted(url: str) -> Iterator[http.client.HTTPConnection]:
    """A connection that the service has, and keeps."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
        connection.request("GET", "/health/live")
        assert connection.getresponse().read()
        yield connection


def logged(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return {*connection.scalars(select(odds_event_log.c.event_id))}


def waits(engine: Engine) -> bool:
    """Whether a statement waits for a lock."""
    locks = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return bool(connection.scalar(text(f"{locks} AND datname = current_database()")))


def listens(url: str) -> bool:
    at = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((at.hostname, at.port)) == 0
