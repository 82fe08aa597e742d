"""The ASGI application: which path goes where, and what runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import Executor as Pool
from contextlib import asynccontextmanager
from typing import Any

from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from odds.adapters.guard.guard import Guard
from odds.adapters.http.health import LIVE
from odds.adapters.http.security_headers import SecurityHeaders
from odds.adapters.http.wsgi_bridge import wsgi_bridge
from odds.adapters.telemetry import request_trace
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from query_api.cross_origin import cross_origin
from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.feed import Feed
from query_api.graphql.api import GraphQLApi
from query_api.graphql.http import GraphQLOverHTTP
from query_api.graphql.websocket import GraphQLOverWebSocket
from query_api.health import readiness
from query_api.metrics import Metrics
from query_api.pages.graphiql import WithGraphiQL
from query_api.pages.site import Site
from query_api.read_model.event_waiters import EventWaiters
from query_api.read_model.queries import OddsQueries
from query_api.reader_guard import ReaderGuard
from query_api.rest.held_events import HeldEvents
from query_api.rest.routes import create_rest
from query_api.stream.fanout import Fanout

GRAPHQL_PATH = "/api/graphql"


class QueryApplication:
    """The query service: REST runs in ``pool``, all else on the event loop."""

    def __init__(
        self,
        queries: OddsQueries,
        feed: Feed,
        fanout: Fanout,
        waiters: EventWaiters,
        graphql: GraphQLApi,
        guard: Guard,
        cors_origins: str,
        telemetry: Telemetry,
        metrics: Metrics,
        pool: Pool,
        *,
        graphiql: bool,
    ) -> None:
        """Raises SettingsError."""
        self._feed = feed
        self._fanout = fanout
        self._waiters = waiters
        self._telemetry = telemetry
        self._metrics = metrics
        self._heartbeat = graphql.streams.heartbeat
        rest = wsgi_bridge(create_rest(queries, waiters.longest_wait, metrics), pool)
        over_http, site = GraphQLOverHTTP(graphql), Site()
        routes = [
            LIVE,
            Route("/health/ready", readiness(feed, fanout, guard)),
            Route("/events/{event_id}", HeldEvents(waiters, rest)),
            Route("/", site),
            Mount("/assets", site),
            Route(GRAPHQL_PATH, WithGraphiQL(over_http, site) if graphiql else over_http),
            WebSocketRoute(GRAPHQL_PATH, GraphQLOverWebSocket(graphql)),
        ]
        # Not a Mount, which takes no path with a line break in it.
        router = Router(routes, redirect_slashes=False, default=rest, lifespan=self._lifespan)
        self._inside = SecurityHeaders(cross_origin(cors_origins, ReaderGuard(guard, router)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_trace.follow(scope.get("headers", ()))
        await self._inside(scope, receive, send)

    def end_streams(self) -> None:
        """End every stream and every wait, and take no new one. Call it on the event loop, and as
        soon as the process is told to stop: the server waits for what is open before its lifespan
        ends."""
        self._fanout.end()
        self._waiters.end()

    @asynccontextmanager
    async def _lifespan(self, _: Router) -> AsyncIterator[None]:
        tracing, loop = self._telemetry.tracing(), asyncio.get_running_loop()
        self._feed.start(
            _OnLoop(self._feed, self._fanout, self._waiters, tracing, self._metrics, loop)
        )
        beating = asyncio.create_task(self._fanout.beat(self._heartbeat))
        watching = asyncio.create_task(self._waiters.watch())
        yield
        beating.cancel()
        watching.cancel()
        await asyncio.to_thread(self._feed.stop)
        await asyncio.to_thread(self._telemetry.close)


class _OnLoop:
    """Has the feed's thread wait until the event loop has taken what it read."""

    def __init__(
        self,
        feed: Feed,
        fanout: Fanout,
        waiters: EventWaiters,
        tracing: Tracing,
        metrics: Metrics,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._feed = feed
        self._tracing = tracing
        self._metrics = metrics
        self._fanout = fanout
        self._waiters = waiters
        self._loop = loop

    def hear(self) -> None:
        self._loop.call_soon_threadsafe(self._waiters.look)

    def begin(self, at: Cursor) -> None:
        self._wait_for(self._fanout.begin(at))

    def publish(self, changes: Sequence[Change]) -> None:
        # Before the feed has started it brings what others have streamed.
        new = changes if self._feed.started else ()
        members = ((change.event_id, change.traceparent) for change in new)
        with self._tracing.each("stream change", members):
            self._wait_for(self._fanout.publish(changes))
        self._metrics.fed(new)

    def _wait_for(self, taking: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(taking, self._loop).result()
