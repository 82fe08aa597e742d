"""Running operations: one result for a query, a stream of them for a subscription."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ariadne import graphql, subscribe
from graphql import ExecutionResult, GraphQLSchema

from query_api.graphql.context import Context
from query_api.graphql.errors import ErrorLog, format_error
from query_api.graphql.operation import Operation

Result = Mapping[str, Any]
"""``data`` and ``errors``, ready to be encoded."""


class RefusedOperation(ValueError):
    """The operation breaks the schema's rules, and nothing of it was executed."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors


class Executor:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._log = ErrorLog()

    async def query(self, operation: Operation, context: Context) -> Result:
        """Raises RefusedOperation."""
        _, result = await graphql(
            self._schema,
            dict(operation.data),
            context_value=context,
            query_document=operation.document,
            logger=self._log,
            error_formatter=format_error,
        )
        if "data" not in result:
            raise RefusedOperation(result["errors"])
        return result

    async def subscribe(self, operation: Operation, context: Context) -> AsyncIterator[Result]:
        """When this returns, the client is subscribed: nothing from now on is missed.

        Raises RefusedOperation.
        """
        _, results = await subscribe(
            self._schema,
            dict(operation.data),
            context_value=context,
            query_document=operation.document,
            logger=self._log,
            error_formatter=format_error,
        )
        if isinstance(results, list):
            raise RefusedOperation(results)
        return self._results(results)

    async def _results(self, results: AsyncIterator[ExecutionResult]) -> AsyncIterator[Result]:
        async for result in results:
            for error in result.errors or ():
                self._log.error(error)
            yield _formatted(result)


def _formatted(result: ExecutionResult) -> Result:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [format_error(error) for error in result.errors]}
