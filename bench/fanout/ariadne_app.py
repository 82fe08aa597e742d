"""Ariadne's own handler of subscriptions over SSE, one queue a reader, under gunicorn."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from ariadne import ScalarType, SubscriptionType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.contrib.sse import GraphQLHTTPSSEHandler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TYPES = gql("""
    scalar MoneyLine
    type InstantOdds {
        id: ID!
        external_id: ID!
        game_id: String!
        moneyline: MoneyLine!
        created_at: Float!
        updated_at: Float!
        published_at: Float!
    }
    type Query { ok: Boolean! }
    type Subscription { getInstantOdds: InstantOdds! }
""")


class Market:
    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[dict[str, Any]]] = set()

    async def follow(self, *_: object) -> AsyncGenerator[dict[str, Any], None]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._readers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._readers.discard(queue)

    async def publish(self, request: Request) -> Response:
        for change in json.loads(await request.body()):
            for queue in self._readers:
                queue.put_nowait(change)
        return Response()


async def live(_: Request) -> Response:
    return Response()


def create_app() -> Starlette:
    market = Market()
    subscription = SubscriptionType()
    subscription.set_source("getInstantOdds", market.follow)
    subscription.set_field("getInstantOdds", lambda change, *_: change)
    schema = make_executable_schema(TYPES, subscription, ScalarType("MoneyLine"))
    graphql = GraphQL(schema, http_handler=GraphQLHTTPSSEHandler())
    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/publish", market.publish, methods=["POST"]),
            Route("/api/graphql", graphql, methods=["POST"]),
        ]
    )
