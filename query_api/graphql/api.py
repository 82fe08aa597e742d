"""What GraphQL is served from, whichever way a client speaks to it."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from query_api.graphql.context import Context
from query_api.graphql.errors import is_our_fault
from query_api.graphql.executor import Executor, RefusedOperation, Result
from query_api.graphql.operation import Operation
from query_api.metrics import Metrics
from query_api.stream.streams import Streams

ANSWERED, REFUSED, FAILED, LEFT = "answered", "refused", "failed", "left"
"""What becomes of a query: the client's mistake, our trouble, or a client that did not wait."""
WAIT = "wait"
"""The kind of a query that asks to be held: how long it takes says nothing of us."""


class GraphQLApi(NamedTuple):
    executor: Executor
    new_context: Callable[[], Context]
    streams: Streams
    metrics: Metrics

    async def query(self, operation: Operation) -> Result:
        """Run an operation that does not stream, and measure it. Raises RefusedOperation."""
        context, began, outcome = self.new_context(), time.perf_counter(), FAILED
        try:
            result = await self.executor.query(operation, context)
            outcome = _outcome(result)
        except RefusedOperation:
            outcome = REFUSED
            raise
        except asyncio.CancelledError:
            outcome = LEFT
            raise
        finally:
            kind = WAIT if context.held else operation.kind
            self.metrics.query(kind, outcome, time.perf_counter() - began)
        return result


def _outcome(result: Result) -> str:
    errors = result.get("errors")
    if not errors:
        return ANSWERED
    return FAILED if any(is_our_fault(error) for error in errors) else REFUSED
