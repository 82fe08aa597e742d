"""Selections: what subscriptions ask of each change, executed once for all who ask for the same."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import cast
from weakref import WeakValueDictionary

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    Node,
    execute_subscription_event,
    print_ast,
)
from graphql import Executor as Execution

from query_api.feed.change import Change
from query_api.graphql.errors import ErrorLog, formatted

REMEMBERED = 16_384
"""Encoded changes: enough for those who come back together after a restart."""

_VARIABLE = re.compile(r"\$(\w+)")


class Selection:
    """Called with a change, gives the result that the subscriptions asked for, as JSON."""

    def __init__(
        self, execution: Execution[None], remembered: Callable[["Selection", Change], bytes]
    ) -> None:
        self._execution = execution
        self._remembered = remembered

    def __call__(self, change: Change) -> bytes:
        return self._remembered(self, change)

    def execute(self, change: Change) -> ExecutionResult:
        event = self._execution.build_per_event_executor(change)
        # All events would share what graphql-core remembers of each of them: some 4 KB for ever.
        event._relevant_sub_fields = {}
        return cast(ExecutionResult, execute_subscription_event(event))


class Selections:
    """Subscriptions that differ in nothing but the arguments of their field share one."""

    def __init__(self) -> None:
        self._log = ErrorLog()
        self._shared: WeakValueDictionary[str, Selection] = WeakValueDictionary()
        self._remembered = lru_cache(REMEMBERED)(self._encode)

    def of(self, document: DocumentNode, execution: Execution[None]) -> Selection:
        key = _key(document, execution)
        selection = self._shared.get(key)
        if selection is None:
            selection = self._shared[key] = Selection(execution, self._remembered)
        return selection

    def _encode(self, selection: Selection, change: Change) -> bytes:
        result = selection.execute(change)
        for error in result.errors or ():
            self._log.error(error)
        return msgspec.json.encode(formatted(result))


def _key(document: DocumentNode, execution: Execution[None]) -> str:
    """What a result depends on beside the change: its fields, and the variables among them."""
    text = "\n".join(print_ast(node) for node in _results_from(document, execution))
    variables = execution.variable_values.coerced
    used = {name: variables.get(name) for name in sorted({*_VARIABLE.findall(text)})}
    return f"{text}\n{msgspec.json.encode(used).decode()}"


def _results_from(document: DocumentNode, execution: Execution[None]) -> Iterator[Node]:
    for node in execution.operation.selection_set.selections:
        if isinstance(node, FieldNode) and node.selection_set:
            yield node.alias or node.name
            yield from node.directives or ()
            yield node.selection_set
        else:
            yield node
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            yield definition
