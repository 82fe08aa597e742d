"""What a GraphQL operation may use."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from query_api.read_model.event_waiters import EventWaiters
from query_api.read_model.queries import OddsQueries
from query_api.stream.streams import Streams

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Context:
    def __init__(
        self, queries: OddsQueries, waiters: EventWaiters, streams: Streams, pool: Executor
    ) -> None:
        self.queries = queries
        self.waiters = waiters
        self.streams = streams
        self._pool = pool

    async def read(self, query: Callable[[Asked], Found], asked: Asked) -> Found:
        """Run a read of the read model beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, query, asked)
