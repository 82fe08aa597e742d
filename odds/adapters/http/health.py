"""Health endpoints: is the process alive, and can it do its work.

Cloud Run keeps some paths that end in z to itself, so neither does.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint
from flask.typing import ResponseReturnValue
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def _live(_: Request) -> JSONResponse:
    return JSONResponse({"status": "live"})


LIVE = Route("/health/live", _live)
"""Always answers 200; for the event loop, where it waits for no check."""


def blueprint(checks: Mapping[str, Callable[[], object]]) -> Blueprint:
    """``/health/ready``, which answers 503 while a check raises."""
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/ready")
    def ready() -> ResponseReturnValue:
        unready = {name: problem for name, check in checks.items() if (problem := _problem(check))}
        return ({"status": "not ready"} | unready, 503) if unready else {"status": "ready"}

    return health


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception as error:
        return type(error).__name__
    return ""
