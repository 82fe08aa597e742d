"""The ASGI application: which path goes where, and what runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor as Pool
from contextlib import asynccontextmanager

from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from odds.adapters import trace
from odds.adapters.wsgi_bridge import wsgi_bridge
from query_api.change import Change
from query_api.fanout import Fanout
from query_api.feed import Feed
from query_api.graphql.api import GraphQLApi
from query_api.graphql.context import Context
from query_api.graphql.executor import Executor
from query_api.graphql.http import GraphQLOverHTTP
from query_api.graphql.schema import create_schema
from query_api.graphql.websocket import GraphQLOverWebSocket
from query_api.health import live, readiness
from query_api.queries import OddsQueries
from query_api.rest import create_rest

GRAPHQL_PATH = "/api/graphql"


class QueryApplication:
    """REST runs in ``pool``, all else on the event loop."""

    def __init__(self, queries: OddsQueries, feed: Feed, fanout: Fanout, pool: Pool) -> None:
        self._feed = feed
        self._fanout = fanout

        def new_context() -> Context:
            return Context(queries, pool, fanout)

        graphql = GraphQLApi(Executor(create_schema()), new_context, self._streaming)
        self._websocket = GraphQLOverWebSocket(graphql)
        routes = [
            Route("/health/live", live),
            Route("/health/ready", readiness(feed, fanout)),
            Route(GRAPHQL_PATH, GraphQLOverHTTP(graphql)),
            WebSocketRoute(GRAPHQL_PATH, self._websocket),
            Mount("/", wsgi_bridge(create_rest(queries), pool)),
        ]
        self._router = Router(routes, redirect_slashes=False, lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace.follow(scope.get("headers", ()))
        await self._router(scope, receive, send)

    def end_streams(self) -> None:
        """End every stream and take no new one. Call it on the event loop, and as soon as the
        process is told to stop: the server waits for open streams before its lifespan ends."""
        self._fanout.end()
        self._websocket.end()

    def _streaming(self) -> bool:
        return self._feed.started and not self._fanout.ended

    @asynccontextmanager
    async def _lifespan(self, _: Router) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def publish(changes: Sequence[Change]) -> None:
            asyncio.run_coroutine_threadsafe(self._fanout.publish(changes), loop).result()

        self._feed.start(publish)
        yield
        await asyncio.to_thread(self._feed.stop)
