"""Health, as probes ask for it. Answers from memory: a probe must not wait for PostgreSQL."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from query_api.fanout import Fanout
from query_api.feed import Feed


async def live(_: Request) -> JSONResponse:
    return JSONResponse({"status": "live"})


def readiness(feed: Feed, fanout: Fanout) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Ready while the feed reads PostgreSQL, and until the process begins to shut down."""

    async def ready(_: Request) -> JSONResponse:
        is_ready = feed.current and not fanout.ended
        state = {
            "status": "ready" if is_ready else "not ready",
            "change_feed": "current" if feed.current else "behind",
            "streams": len(fanout),
        }
        return JSONResponse(state, 200 if is_ready else 503)

    return ready
