"""Executions that are shared by very many changes."""

import gc

import msgspec
from graphql.execution.collect_fields import FieldDetails

from query_api.graphql.executor import Executor
from query_api.graphql.limits import DocumentLimits
from query_api.graphql.operation import Operation
from query_api.graphql.schema import create_schema
from tests.changes import changes_of

QUERY = "subscription { getInstantOdds { id moneyline } }"


def remembered() -> int:
    """What graphql-core remembers of events, of all executions."""
    gc.collect()
    return sum(isinstance(each, FieldDetails) for each in gc.get_objects())


def test_a_subscription_does_not_grow_with_the_changes_it_was_told() -> None:
    executor = Executor(create_schema(), DocumentLimits(depth=5, cost=100, introspection=False))
    selection = executor.subscription(Operation({"query": QUERY})).selection
    for change in changes_of(range(1000)):
        selection.execute(change)
    after_some = remembered()
    for change in changes_of(range(1000)):
        selection.execute(change)
    assert remembered() <= after_some


def test_a_change_leaves_nothing_to_the_garbage_collector() -> None:
    executor = Executor(create_schema(), DocumentLimits(depth=5, cost=100, introspection=False))
    selection = executor.subscription(Operation({"query": QUERY})).selection
    changes = changes_of(range(2100))
    selection.execute(changes[0])
    gc.collect()
    gc.disable()
    try:
        for change in changes:
            selection.execute(change)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_what_many_readers_catch_up_on_is_executed_once() -> None:
    executor = Executor(create_schema(), DocumentLimits(depth=5, cost=100, introspection=False))
    selection = executor.subscription(Operation({"query": QUERY})).selection
    [change] = changes_of([7])
    read_later = msgspec.structs.replace(change, published_at=change.published_at + 1)
    assert selection(read_later) is selection(change)
    conflated = msgspec.structs.replace(change, conflated=True)
    assert selection(conflated) is not selection(change)
