"""Readiness, as probes ask for it. It answers from memory: none must wait for PostgreSQL."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from odds.adapters.guard.guard import Guard
from odds.adapters.guard.signing_keys import SigningKeysUnavailable
from query_api.feed.feed import Feed
from query_api.stream.fanout import Fanout


def readiness(
    feed: Feed, fanout: Fanout, guard: Guard
) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Ready once the feed has come to the present, while it reads PostgreSQL and readers can be
    judged, and until the process begins to shut down."""

    async def ready(_: Request) -> JSONResponse:
        judging = _can_judge(guard)
        following = feed.started and feed.current
        is_ready = following and judging and not fanout.ended.is_set()
        state = {
            "status": "ready" if is_ready else "not ready",
            "change_feed": "current" if following else "behind",
            "signing_keys": "known" if judging else "unknown",
            "streams": len(fanout),
        }
        return JSONResponse(state, 200 if is_ready else 503)

    return ready


def _can_judge(guard: Guard) -> bool:
    try:
        guard.ready()
    except SigningKeysUnavailable:
        return False
    return True
