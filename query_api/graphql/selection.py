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

RENEWED_AFTER = 1024
"""Changes that one execution is asked for: graphql-core's remembers something of every event that
it executed (its ``_relevant_sub_fields``, some 4 KB) for as long as it lives."""

Execute = Callable[[], Execution[None]]
"""Prepares the execution of a subscription."""

_VARIABLE = re.compile(r"\$(\w+)")


class Selection:
    """Called with a change, gives the result that the subscriptions asked for, as JSON."""

    def __init__(
        self, prepare: Execute, remembered: Callable[["Selection", Change], bytes]
    ) -> None:
        self._prepare = prepare
        self._remembered = remembered
        self._execution = prepare()
        self._executed = 0

    def __call__(self, change: Change) -> bytes:
        return self._remembered(self, change)

    def execute(self, change: Change) -> ExecutionResult:
        if self._executed == RENEWED_AFTER:
            self._execution, self._executed = self._prepare(), 0
        self._executed += 1
        event = self._execution.build_per_event_executor(change)
        return cast(ExecutionResult, execute_subscription_event(event))


class Selections:
    """Subscriptions that differ in nothing but the arguments of their field share one."""

    def __init__(self) -> None:
        self._log = ErrorLog()
        self._shared: WeakValueDictionary[str, Selection] = WeakValueDictionary()
        self._remembered = lru_cache(REMEMBERED)(self._encode)

    def of(self, document: DocumentNode, execution: Execution[None], prepare: Execute) -> Selection:
        """``prepare`` makes executions like this one."""
        key = _key(document, execution)
        selection = self._shared.get(key)
        if selection is None:
            selection = self._shared[key] = Selection(prepare, self._remembered)
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
