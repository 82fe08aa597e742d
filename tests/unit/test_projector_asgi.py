"""What a push is answered without being taken, and what ends a worker."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from odds.adapters.guard.guard import Guard, OpenDoor
from odds.adapters.guard.id_tokens import Unauthenticated
from odds.adapters.http.security_headers import HEADERS
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from projector import batcher
from projector.answers import Answer, answer
from projector.asgi import ProjectorApplication
from projector.batcher import Batcher
from projector.metrics import Metrics


class ClosedDoor(OpenDoor):
    def require_push(self, authorization: str | None) -> None:
        raise Unauthenticated("who are you?")


def headers_of(told: Answer) -> dict[bytes, bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(answer(send, told))
    return dict(sent[0]["headers"])


def test_a_refusal_is_data_only_and_an_acknowledgement_is_short() -> None:
    assert headers_of(Answer(400, "no")).items() >= {
        (name.encode(), value.encode()) for name, value in HEADERS.items()
    }
    assert headers_of(Answer(204)) == {}


async def nothing(*_: Any) -> None:
    pass


def application(
    guard: Guard | None = None, beat: Callable[[], None] = lambda: None
) -> ProjectorApplication:
    return ProjectorApplication(
        Batcher(lambda _: [], lambda *_: [], Tracing(None)),
        guard or OpenDoor(),
        "/push",
        nothing,
        Metrics(Telemetry("projector").meter()),
        Tracing(None),
        beat=beat,
        at_end=lambda: None,
    )


def answer_to_unread_push(app: ProjectorApplication) -> tuple[int, dict[bytes, bytes]]:
    """The status and headers that a push is answered of whose body nothing was read."""
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/push", "headers": []}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_full_queue_refuses_before_it_reads_and_says_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batcher, "MAX_WAITING", 0)
    status, headers = answer_to_unread_push(application())
    assert (status, headers[b"retry-after"]) == (429, b"1")


def test_who_may_not_push_is_told_how_to_say_who_they_are() -> None:
    status, headers = answer_to_unread_push(application(ClosedDoor()))
    assert (status, headers[b"www-authenticate"]) == (401, b"Bearer")


def test_a_worker_whose_heartbeat_has_ended_by_a_fault_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signals: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", signals.append)

    def beat() -> None:
        raise RuntimeError("a bug")

    async def scenario() -> None:
        received: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        await received.put({"type": "lifespan.startup"})
        app = application(beat=beat)
        running = asyncio.create_task(app({"type": "lifespan"}, received.get, nothing))
        while not signals:
            await asyncio.sleep(0.01)
        await received.put({"type": "lifespan.shutdown"})
        await running

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert signals == [signal.SIGTERM]
