"""Operations: what is asked for, parsed."""

import pytest
from graphql import GraphQLError

from query_api.graphql.operation import MAX_TOKENS, MalformedRequest, Operation


def test_a_subscription_streams_and_a_query_does_not() -> None:
    assert Operation({"query": "subscription { getInstantOdds { id } }"}).streams
    assert not Operation({"query": "{ list_odds { total } }"}).streams


def test_the_operation_that_is_named_counts() -> None:
    query = "query a { list_odds { total } } subscription b { getInstantOdds { id } }"
    assert Operation({"query": query, "operationName": "b"}).streams
    assert not Operation({"query": query, "operationName": "a"}).streams


@pytest.mark.parametrize("name", [None, "c"])
def test_an_operation_that_is_not_there_is_refused(name: str | None) -> None:
    query = "query a { list_odds { total } } query b { list_odds { total } }"
    with pytest.raises(GraphQLError, match="operationName must name one"):
        Operation({"query": query, "operationName": name})


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        [],
        "{}",
        {},
        {"query": 1},
        {"query": None},
        {"query": "{ a }", "variables": []},
        {"query": "{ a }", "operationName": 1},
    ],
)
def test_what_is_no_graphql_request_is_malformed(parameters: object) -> None:
    with pytest.raises(MalformedRequest, match="not a GraphQL request"):
        Operation(parameters)


@pytest.mark.parametrize(
    "query", ["", "{", "{ list_odds", "{ a " * 900 + "} " * 900, "{ " + "a " * MAX_TOKENS + "}"]
)
def test_a_document_that_cant_be_parsed_is_an_error_of_graphql(query: str) -> None:
    with pytest.raises(GraphQLError):
        Operation({"query": query})
