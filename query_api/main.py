"""Composition root of the query service."""

import os
from concurrent.futures import ThreadPoolExecutor

from odds import settings
from odds.adapters import logs, postgres
from query_api.asgi import QueryApplication
from query_api.fanout import Fanout
from query_api.feed import Feed
from query_api.queries import OddsQueries
from query_api.settings import Settings


def create_app() -> QueryApplication:
    """The service as its environment configures it. Raises SettingsError."""
    given = settings.read(Settings, os.environ)
    logs.configure("query_api", level=given.log_level, project=given.google_cloud_project)
    return QueryApplication(
        OddsQueries(postgres.create_engine(given.database_url, pool_size=given.query_threads)),
        Feed(given.database_url),
        Fanout(given.subscriber_buffer),
        ThreadPoolExecutor(given.query_threads, thread_name_prefix="query"),
    )
