"""What a GraphQL operation may use, and what it holds until it ends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from query_api.fanout import Fanout
from query_api.queries import OddsQueries
from query_api.subscriber import Subscriber

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Context:
    """Made for each operation, and closed by whoever made it."""

    def __init__(self, queries: OddsQueries, pool: Executor, fanout: Fanout) -> None:
        self.queries = queries
        self._pool = pool
        self._fanout = fanout
        self._subscribers: list[Subscriber] = []

    async def read(self, query: Callable[[Asked], Found], asked: Asked) -> Found:
        """Run a read of the read model beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, query, asked)

    def subscribe(self) -> Subscriber:
        subscriber = self._fanout.subscribe()
        self._subscribers.append(subscriber)
        return subscriber

    def close(self) -> None:
        """Free the subscribers. An operation that was refused or never read from can't."""
        for subscriber in self._subscribers:
            self._fanout.unsubscribe(subscriber)
