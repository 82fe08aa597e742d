"""Running operations: one result for a query, and for a subscription what it asks for."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from ariadne import graphql
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    specified_rules,
    validate,
)
from graphql import Executor as Execution

from query_api.graphql.context import Context
from query_api.graphql.errors import ErrorLog, format_error
from query_api.graphql.limits import DocumentLimits
from query_api.graphql.operation import REMEMBERED, Operation
from query_api.graphql.selection import Selection, Selections
from query_api.stream.subscription_request import SubscriptionRequest

Result = Mapping[str, Any]
"""``data`` and ``errors``, ready to be encoded."""


class RefusedOperation(ValueError):
    """The operation breaks the schema's rules, and nothing of it was executed."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors


class Subscription(NamedTuple):
    """What is wanted of the feed, and what is told of each change."""

    subscription: SubscriptionRequest
    selection: Selection


class Executor:
    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self._rules = limits.rules
        self._log = ErrorLog()
        self._selections = Selections()
        self._problems = lru_cache(REMEMBERED)(self._validate)

    async def query(self, operation: Operation, context: Context) -> Result:
        """Raises RefusedOperation."""
        _, result = await graphql(
            self._schema,
            dict(operation.data),
            context_value=context,
            query_document=operation.document,
            logger=self._log,
            error_formatter=format_error,
            validation_rules=self._rules,
        )
        if "data" not in result:
            raise RefusedOperation(result["errors"])
        return result

    def subscription(self, operation: Operation) -> Subscription:
        """Raises RefusedOperation."""
        self._accept(self._problems(operation.document))
        execution = self._prepare(operation)
        source = create_source_event_stream(execution)
        if isinstance(source, ExecutionResult):
            self._accept(source.errors or ())
        selection = self._selections.of(operation.document, execution)
        return Subscription(cast(SubscriptionRequest, source), selection)

    def _validate(self, document: DocumentNode) -> Sequence[GraphQLError]:
        return validate(self._schema, document, [*specified_rules, *self._rules])

    def _prepare(self, operation: Operation) -> Execution[None]:
        execution = Execution.build(
            self._schema,
            operation.document,
            raw_variable_values=operation.variables,
            operation_name=operation.name,
        )
        if isinstance(execution, list):
            self._accept(execution)
            raise AssertionError("unreachable")
        return execution

    def _accept(self, errors: Sequence[GraphQLError]) -> None:
        for error in errors:
            self._log.error(error)
        if errors:
            raise RefusedOperation([format_error(error) for error in errors])
