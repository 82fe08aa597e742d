"""What a GraphQL operation may use."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from query_api.read_model.event_waiters import EventWaiters
from query_api.read_model.queries import EventRequest, OddsQueries
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
        self.held = False
        """Whether the operation asked to be."""

    async def wait(self, asked: EventRequest) -> None:
        """Hold the operation until the event is projected, where it asks for that."""
        self.held = self.held or asked.wait > 0
        await self.waiters.wait(asked)

    async def read(self, query: Callable[[Asked], Found], asked: Asked) -> Found:
        """Run a read of the read model beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, query, asked)
