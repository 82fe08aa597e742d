"""Composition root of the query service."""

import asyncio
import os
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from odds import settings
from odds.adapters.guard.settings import guard
from odds.adapters.read_model import postgres
from odds.adapters.telemetry.observe import observe
from odds.adapters.telemetry.telemetry import Telemetry
from query_api.asgi import QueryApplication
from query_api.feed.archive import Archive
from query_api.feed.feed import Feed
from query_api.graphql.api import GraphQLApi
from query_api.graphql.context import Context
from query_api.graphql.executor import Executor
from query_api.graphql.limits import DocumentLimits
from query_api.graphql.schema import create_schema
from query_api.metrics import Metrics
from query_api.read_model.event_waiters import EventWaiters
from query_api.read_model.queries import OddsQueries
from query_api.read_model.reader import Reader
from query_api.settings import Settings
from query_api.stream.fanout import Fanout
from query_api.stream.past import Past
from query_api.stream.streams import Streams

PATIENCE = 9.0
"""Seconds after which PostgreSQL itself gives a read up: sooner than we do, or it would work on for
nobody."""


def create_app() -> QueryApplication:
    """The service as its environment configures it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    told = observe("query_api", given)
    return query_application(given, Feed(given.database_url, given.journal_size), told)


def query_application(given: Settings, feed: Feed, told: Telemetry) -> QueryApplication:
    """The service over a feed. Raises SettingsError."""
    metrics = Metrics(told.meter())
    engine = postgres.create_engine(
        given.database_url, pool_size=given.query_threads, statement_timeout=PATIENCE
    )
    reader = Reader(engine)
    pool = ThreadPoolExecutor(given.query_threads, thread_name_prefix="query")
    fanout = Fanout(given.journal_size, given.max_subscribers)
    streams = Streams(
        feed,
        fanout,
        Past(Archive(reader, given.resume_limit), pool),
        heartbeat=given.heartbeat_seconds,
        longest=given.stream_seconds,
        stale_after=given.stale_seconds,
    )
    metrics.watch_feed(lambda: feed.behind)
    metrics.watch_streams(lambda: len(fanout), streams.tally)
    queries = OddsQueries(reader)

    async def projected(event_ids: Set[UUID]) -> Set[UUID]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, queries.projected, event_ids)

    waiters = EventWaiters(projected, given.event_wait_seconds)
    limits = DocumentLimits(given.graphql_max_depth, given.graphql_max_cost, given.introspection)
    graphql = GraphQLApi(
        Executor(create_schema(), limits),
        lambda: Context(queries, waiters, streams, pool),
        streams,
        metrics,
    )
    return QueryApplication(
        queries,
        feed,
        fanout,
        waiters,
        graphql,
        guard(given),
        given.cors_origins,
        told,
        metrics,
        pool,
        graphiql=given.graphiql,
    )
