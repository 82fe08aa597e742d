"""What the command service is measured beside."""

from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from bench.command.publishers import Library, OneRequestEach, Unpublished
from bench.live import answer_live
from command_api.app import CommandApi
from command_api.asgi import CommandApplication
from command_api.event_loop_flask import EventLoopFlask
from command_api.metrics import Metrics
from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file
from odds.adapters.guard.guard import OpenDoor
from odds.adapters.telemetry import logs
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from odds.event_bus import EventBus

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

F = TypeVar("F", bound=Flask)


def empty_on_threads() -> Flask:
    """The ceiling: answers 202 and reads nothing."""
    return _empty(Flask("bench", static_folder=None))


def empty_on_event_loop() -> CommandApplication:
    return _on_event_loop(_empty(EventLoopFlask("bench", static_folder=None)))


def unpublished() -> CommandApplication:
    """All that the service does but publishing."""
    return _on_event_loop(_command_api(_bus(), Unpublished()))


def library() -> Flask:
    bus = _bus()
    return _on_threads(_command_api(bus, Library(bus)))


def one_request_each() -> Flask:
    bus = _bus()
    return _on_threads(_command_api(bus, OneRequestEach(bus)))


def _empty(app: F) -> F:
    answer_live(app)

    @app.post("/odds")
    def new_odds() -> ResponseReturnValue:
        return "", 202

    @app.patch("/odds/<external_id>")
    def change_odds(external_id: str) -> ResponseReturnValue:
        return "", 202

    return app


def _bus() -> EventBus:
    return event_bus_file.load(Path("event_bus.yaml"))


def _command_api(bus: EventBus, events: Unpublished) -> EventLoopFlask:
    logs.configure("bench", level="INFO", project="bench")
    return CommandApi(bus, events, OpenDoor(), clock.now, Tracing(None), _untold()).flask()  # type: ignore[arg-type]


def _untold() -> Metrics:
    return Metrics(Telemetry("bench").meter())


def _on_event_loop(app: EventLoopFlask) -> CommandApplication:
    async def nothing() -> None:
        pass

    health_checks = ThreadPoolExecutor(1)
    return CommandApplication(app, Tracing(None), _untold(), health=health_checks, at_end=nothing)


def _on_threads(app: EventLoopFlask) -> Flask:
    """With a publisher that blocks, the service's coroutine never waits."""

    def wsgi(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response: Response = _result(app.answer(environ))
        return response(environ, start_response)

    answer_live(app)
    app.wsgi_app = wsgi  # type: ignore[method-assign]
    return app


def _result(blocking: Coroutine[Any, Any, Any]) -> Any:
    try:
        blocking.send(None)
    except StopIteration as stopped:
        return stopped.value
    raise RuntimeError("it waited")
