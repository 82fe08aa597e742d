"""Every answer of the running replay service that can be provoked, against its description."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.stack import Stack
from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from replayer.app import MAX_BODY
from replayer.replay import Progress, Replay, ReplayRequest, State
from replayer.replays import Replays
from tests.examples import NOW
from tests.exchange import JSON, Request, send
from tests.integration.openapi_cases import Case, Headers, all_but_failures, provoked
from tests.issuer import guarded
from tests.openapi import Description
from tests.serving import serving
from tests.waiting import wait_for

DESCRIPTION = Description("replayer")
COUNT_NOTHING = "/replay?domain=odds&env=local&dry_run=true&from=1&to=2"
HALF_WAY = Progress(
    place=f"{NOW:020}|6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11", read=5, failed=1, errors=("x: y",)
)
KNOWN: dict[str, dict[str, Any]] = {
    "finished": {"state": State.FINISHED, "created_at": 1, "ended_at": NOW},
    "stopped": {"state": State.CANCELLED, "created_at": 2, "progress": HALF_WAY},
    "running": {
        "state": State.RUNNING,
        "created_at": 3,
        "owner": "elsewhere/1",
        "seen_at": 10**17,
    },
}
"""One in each state; the worker of the one that runs is never heard of again."""

GOOD = [
    Case(200, JSON, Request("GET", "/replay")),
    Case(200, JSON, Request("GET", "/replay/finished")),
    Case(200, JSON, Request("GET", "/replay/running")),
    Case(200, JSON, Request("DELETE", "/replay/finished")),
    Case(202, JSON, Request("POST", COUNT_NOTHING, body=b"")),
    Case(202, JSON, Request("POST", "/replay/stopped/resume", body=b"")),
    Case(202, JSON, Request("DELETE", "/replay/running")),
]
BAD = [
    Case(400, JSON, Request("POST", "/replay?domain=odds&env=moon", body=b"")),
    Case(404, JSON, Request("GET", "/replay/none")),
    Case(404, JSON, Request("DELETE", "/replay/none")),
    Case(404, JSON, Request("POST", "/replay/none/resume", body=b"")),
    Case(409, JSON, Request("POST", "/replay/finished/resume", body=b"")),
    Case(409, JSON, Request("POST", "/replay/running/resume", body=b"")),
    Case(413, JSON, Request("POST", "/replay", body=bytes(MAX_BODY + 1))),
    Case(413, JSON, Request("POST", "/replay/none/resume", body=bytes(MAX_BODY + 1))),
]
ELSEWHERE = [
    Case(404, JSON, Request("GET", "/replays")),
    Case(405, JSON, Request("PUT", "/replay", body=b"")),
    Case(405, JSON, Request("POST", "/replay/finished", body=b"")),
    Case(405, JSON, Request("GET", "/replay/finished/resume")),
]
HEALTHY = [Case(200, JSON, Request("GET", f"/health/{each}")) for each in ("live", "ready")]
READY = Request("GET", "/health/ready")
NOWHERE = {"DATASTORE_EMULATOR_HOST": "127.0.0.1:1", "PUBSUB_EMULATOR_HOST": "127.0.0.1:1"}
STORE_AWAY = [
    Case(503, JSON, READY),
    Case(503, JSON, Request("GET", "/replay")),
    Case(503, JSON, Request("POST", COUNT_NOTHING, body=b"")),
    Case(503, JSON, Request("GET", "/replay/any")),
    Case(503, JSON, Request("DELETE", "/replay/any")),
    Case(503, JSON, Request("POST", "/replay/any/resume", body=b"")),
]
STRANGERS = [case._replace(status=401) for case in STORE_AWAY if case.request != READY]
OTHERS = [case._replace(status=403) for case in STRANGERS]


@pytest.fixture(scope="module", autouse=True)
def replays(stack: Stack) -> None:
    client = datastore.connect(stack.environment["DATASTORE_EMULATOR_HOST"])
    project = stack.environment["GOOGLE_CLOUD_PROJECT"]
    kept = Replays(Datastore(client, project, timeout=60), clock.now)
    for name, facts in KNOWN.items():
        request = ReplayRequest(source="local", target="local", end=2)
        kept.add(Replay(replay_id=name, request=request, **facts))


@pytest.fixture
def service(stack: Stack) -> str:
    url = f"http://127.0.0.1:{stack.environment['REPLAYER_PORT']}"
    wait_for(lambda: send(url, READY).status == 200)
    return url


@pytest.fixture(scope="module")
def service_without_store() -> Iterator[str]:
    with serving("replayer", NOWHERE) as url:
        yield url


@pytest.fixture(scope="module")
def guarded_service() -> Iterator[tuple[str, Headers]]:
    """A service with an operator, and the header of a caller who is none."""
    with (
        guarded("{push: push@odds.example, operators: [olga@odds.example]}") as (issuer, trust),
        serving("replayer", trust | NOWHERE) as url,
    ):
        wait_for(lambda: "signing keys" not in send(url, READY).json())
        yield url, issuer.bearer("sam@odds.example")


@pytest.mark.parametrize("case", [*GOOD, *BAD, *ELSEWHERE, *HEALTHY], ids=str)
def test_the_service_answers_as_described(service: str, case: Case) -> None:
    case.check(DESCRIPTION, service)


@pytest.mark.parametrize("case", [GOOD[0], GOOD[4], *BAD], ids=str)
def test_the_gateway_passes_on_what_is_described(stack: Stack, case: Case) -> None:
    case.check(DESCRIPTION, stack.gateway_url)


def test_without_its_store_the_service_answers_as_described(service_without_store: str) -> None:
    """All at once, as each waits for the store's time limit."""
    with ThreadPoolExecutor(len(STORE_AWAY)) as operators:
        list(operators.map(lambda case: case.check(DESCRIPTION, service_without_store), STORE_AWAY))


@pytest.mark.parametrize("case", STRANGERS, ids=str)
def test_strangers_are_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, _ = guarded_service
    case.check(DESCRIPTION, url)


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_who_is_no_operator_is_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, bearer = guarded_service
    case.with_headers(bearer).check(DESCRIPTION, url)


def test_every_described_answer_but_our_own_failure_is_provoked() -> None:
    cases = [*GOOD, *BAD, *ELSEWHERE, *HEALTHY, *STORE_AWAY, *STRANGERS, *OTHERS]
    assert provoked(DESCRIPTION, cases) == all_but_failures(DESCRIPTION)
