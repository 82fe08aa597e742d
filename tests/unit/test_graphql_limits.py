"""What one GraphQL document may ask for."""

import pytest
from graphql import parse, validate

from query_api.graphql.limits import MOST_STREAMED, DocumentLimits
from query_api.graphql.schema import create_schema

SCHEMA = create_schema()
LIMITS = DocumentLimits(depth=6, cost=100, introspection=True)


def problems(query: str) -> list[str]:
    return [error.message for error in validate(SCHEMA, parse(query), LIMITS.rules)]


def aliases(field: str, count: int) -> str:
    return " ".join(f"a{number}: {field}" for number in range(count))


@pytest.mark.parametrize("field", ["moneyline", "__typename"])
def test_a_subscription_has_so_many_fields_at_most(field: str) -> None:
    query = "subscription { getInstantOdds { %s } }"
    assert problems(query % aliases(field, MOST_STREAMED - 1)) == []
    told = f"the query has {MOST_STREAMED + 1} fields; expected {MOST_STREAMED} at most"
    assert problems(query % aliases(field, MOST_STREAMED)) == [told]


def test_the_fields_of_a_fragment_count_wherever_it_is_named() -> None:
    fragment = f"fragment F on InstantOdds {{ {aliases('id', 30)} }}"
    [told] = problems(f"subscription {{ getInstantOdds {{ ...F ...F }} }} {fragment}")
    assert told.startswith("the query has 61 fields")


def test_a_query_may_have_more() -> None:
    assert problems(f"{{ list_odds {{ odds {{ {aliases('id', 100)} }} }} }}") == []


def test_each_event_that_is_asked_for_costs_a_row() -> None:
    query = f"{{ {aliases('event(event_id: 1, wait: 30) { outcome }', 101)} }}"
    assert problems(query) == ["the query may read 101 rows; expected 100 at most"]
