"""A GraphQL operation that was asked for, parsed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLError, OperationType, get_operation_ast, parse

MAX_TOKENS = 2000
"""In a document: any sensible one has fewer, one that is made to keep us busy has more."""

REMEMBERED = 128
"""Documents: the readers of one application all send the same, and after a restart all at once."""


class MalformedRequest(ValueError):
    """The request is no GraphQL request at all, whatever its query may say."""


class GraphQLRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of a request, over HTTP and WebSocket alike."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class Operation:
    """The operation that a request names, its document parsed, and the variables for it."""

    def __init__(self, parameters: object) -> None:
        """Raises MalformedRequest, or GraphQLError where the document can't be parsed."""
        request = _request(parameters)
        self.document = _parsed(request.query)
        found = get_operation_ast(self.document, request.operation_name)
        if found is None:
            raise GraphQLError("operationName must name one of the operations of the query")
        self.kind = found.operation.value
        self.streams = found.operation is OperationType.SUBSCRIPTION
        self.variables = request.variables
        self.name = request.operation_name
        self.data: Mapping[str, Any] = {
            "query": request.query,
            "variables": request.variables,
            "operationName": request.operation_name,
        }


def _request(parameters: object) -> GraphQLRequest:
    try:
        return msgspec.convert(parameters, GraphQLRequest)
    except msgspec.ValidationError as error:
        raise MalformedRequest(f"not a GraphQL request: {error}") from error


@lru_cache(REMEMBERED)
def _parsed(query: str) -> DocumentNode:
    try:
        return parse(query, max_lexical_tokens=MAX_TOKENS)
    except RecursionError:
        raise GraphQLError("the query is nested too deeply") from None
