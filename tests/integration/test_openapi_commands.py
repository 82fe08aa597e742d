"""Every answer of the running command service that can be provoked, against its description."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import pytest

from command_api.bodies import MAX_BODY
from local.ports import free_port
from local.stack import Stack
from odds import command_codec
from odds.adapters.event_bus.publisher import MAX_IN_HAND
from odds.command import CommandName
from tests.commands_at_once import Answer, post_at_once
from tests.examples import DELETE, NEW, UPDATE, command
from tests.exchange import JSON, PROTOBUF, Request, send
from tests.faulty_bus import faulty_bus, held
from tests.integration.openapi_cases import Case, Headers, all_but_failures, provoked
from tests.issuer import guarded
from tests.openapi import Description
from tests.serving import serving
from tests.waiting import wait_for

DESCRIPTION = Description("command_api")
ODDS = "/odds/6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"
BOTH = (JSON, PROTOBUF)
READY = Request("GET", "/health/ready")
TOO_LONG = b" " * (MAX_BODY + 1)


class Operation(NamedTuple):
    method: str
    path: str
    command: CommandName

    def asked(self, content_type: str, body: bytes | None, accept: str = "*/*") -> Request:
        headers = {"Content-Type": content_type, "Accept": accept}
        return Request(self.method, self.path, headers, body)

    def body(self, content_type: str) -> bytes:
        if content_type == PROTOBUF:
            return command_codec.to_message(command(self.command)).SerializeToString()
        return msgspec.json.encode(self._example() | {"RequestID": str(uuid4())})

    def _example(self) -> dict[str, Any]:
        body = DESCRIPTION.document["components"]["requestBodies"][self.command]
        example: dict[str, Any] = body["content"][JSON]["examples"]["soccer"]["value"]
        return example


OPERATIONS = (
    Operation("POST", "/odds", NEW),
    Operation("PATCH", ODDS, UPDATE),
    Operation("DELETE", ODDS, DELETE),
)


def good(operation: Operation) -> Iterator[Case]:
    for kind in BOTH:
        yield Case(202, kind, operation.asked(kind, operation.body(kind)))


def bad(operation: Operation) -> Iterator[Case]:
    for kind in BOTH:
        yield Case(400, kind, operation.asked(kind, b"\xff"))
        yield Case(411, kind, operation.asked(kind, None))
        yield Case(413, kind, operation.asked(kind, TOO_LONG))
        yield Case(415, kind, operation.asked("text/plain", b"1.9", accept=kind))


def elsewhere() -> Iterator[Case]:
    for kind in BOTH:
        accept = {"Accept": kind}
        yield Case(404, kind, Request("POST", "/prices", accept, b""))
        yield Case(405, kind, Request("PUT", "/odds", accept, b""))
        yield Case(405, kind, Request("POST", ODDS, accept, b""))


HEALTHY = [Case(200, JSON, Request("GET", f"/health/{each}")) for each in ("live", "ready")]
GOOD = [case for operation in OPERATIONS for case in good(operation)]
BAD = [case for operation in OPERATIONS for case in bad(operation)]
# The gateway gives a request without a body the length 0.
BAD_FOR_THE_GATEWAY = [case for case in BAD if case.status != 411]
BUS_AWAY = [
    Case(503, JSON, Request("GET", "/health/ready")),
    *(case._replace(status=503) for case in GOOD),
]


BUS_FULL = [case._replace(status=429) for case in GOOD]
STRANGERS = [case._replace(status=401) for case in GOOD]
OTHERS = [case._replace(status=403) for case in GOOD]


@pytest.fixture
def service(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.environment['COMMAND_API_PORT']}"


@pytest.fixture(scope="module")
def service_without_bus() -> Iterator[str]:
    settings = {
        "GOOGLE_CLOUD_PROJECT": "nowhere",
        "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{free_port()}",
        "PUBLISH_TIMEOUT_SECONDS": "0.5",
    }
    with serving("command_api", settings) as url:
        yield url


@pytest.fixture(scope="module")
def service_in_overload() -> Iterator[str]:
    """Each topic that a good command goes to has as many events in hand as it may."""
    gate = threading.Event()
    velocities = ("high", "medium")
    with faulty_bus() as bus, ThreadPoolExecutor(len(velocities)) as pool:
        bus.otherwise = held(gate)
        settings = {
            "GOOGLE_CLOUD_PROJECT": "nowhere",
            "PUBSUB_EMULATOR_HOST": bus.host,
            "PUBLISH_TIMEOUT_SECONDS": "60",
        }
        with serving("command_api", settings) as url:
            full: list[tuple[list[Answer], Future[None]]] = []
            for velocity in velocities:
                answers: list[Answer] = []
                post = partial(post_at_once, velocity=velocity)
                full.append((answers, pool.submit(post, url, MAX_IN_HAND + 1, answers)))
            wait_for(lambda: all(answers for answers, _ in full))  # those that were too many
            yield url
            gate.set()
            for _, held_up in full:
                held_up.result(30)


@pytest.fixture(scope="module")
def guarded_service() -> Iterator[tuple[str, Headers]]:
    """A service, and the header of a caller who may not do what the cases ask."""
    with guarded("{push: push@odds.example, providers: {bolt@odds.example: [bolt]}}") as (
        issuer,
        trust,
    ):
        bus = {"GOOGLE_CLOUD_PROJECT": "nowhere", "PUBSUB_EMULATOR_HOST": "127.0.0.1:1"}
        with serving("command_api", trust | bus) as url:
            wait_for(lambda: "signing keys" not in send(url, READY).json())
            yield url, issuer.bearer("bolt@odds.example")


@pytest.mark.parametrize("case", [*GOOD, *BAD, *elsewhere(), *HEALTHY], ids=str)
def test_the_service_answers_as_described(service: str, case: Case) -> None:
    case.check(DESCRIPTION, service)


@pytest.mark.parametrize("case", [*GOOD, *BAD_FOR_THE_GATEWAY], ids=str)
def test_the_gateway_passes_on_what_is_described(stack: Stack, case: Case) -> None:
    case.check(DESCRIPTION, stack.gateway_url)


@pytest.mark.parametrize("case", BUS_AWAY, ids=str)
def test_without_its_bus_the_service_answers_as_described(
    service_without_bus: str, case: Case
) -> None:
    case.check(DESCRIPTION, service_without_bus)


@pytest.mark.parametrize("case", BUS_FULL, ids=str)
def test_with_too_much_in_hand_the_service_answers_as_described(
    service_in_overload: str, case: Case
) -> None:
    case.check(DESCRIPTION, service_in_overload)


@pytest.mark.parametrize("case", STRANGERS, ids=str)
def test_strangers_are_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, _ = guarded_service
    case.check(DESCRIPTION, url)


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_who_speaks_for_another_provider_is_answered_as_described(
    guarded_service: tuple[str, Headers], case: Case
) -> None:
    url, bearer = guarded_service
    case.with_headers(bearer).check(DESCRIPTION, url)


def test_every_described_answer_but_our_own_failure_is_provoked() -> None:
    cases = [*GOOD, *BAD, *elsewhere(), *HEALTHY, *BUS_AWAY, *BUS_FULL, *STRANGERS, *OTHERS]
    assert provoked(DESCRIPTION, cases) == all_but_failures(DESCRIPTION)
