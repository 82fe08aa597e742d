"""Limits of what one GraphQL document may ask for."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

from query_api.read_model.queries import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

MOST_STREAMED = 50
"""Fields of a subscription: all of them are made anew at every change, on the event loop."""

_PAGED = ("list_odds", "odds_history")
_SINGLE = ("odds", "event")


class DocumentLimits(msgspec.Struct, frozen=True):
    depth: int
    """Fields within fields."""
    cost: int
    """Rows that may be read."""
    introspection: bool

    @property
    def rules(self) -> Sequence[type[ASTValidationRule]]:
        """Beside those of the specification."""
        limits = self

        class Limits(ValidationRule):
            def enter_operation_definition(
                self, operation: OperationDefinitionNode, *_: object
            ) -> None:
                for problem in limits.problems(operation, self.context):
                    self.report_error(GraphQLError(f"the query {problem}", operation))

        return (Limits,) if self.introspection else (Limits, NoSchemaIntrospectionCustomRule)

    def problems(self, operation: OperationDefinitionNode, context: ValidationContext) -> list[str]:
        measured = _Measure(context).of(operation.selection_set)
        problems = []
        if measured.depth > self.depth:
            problems.append(
                f"is nested {measured.depth} fields deep; expected {self.depth} at most"
            )
        if measured.cost > self.cost:
            problems.append(f"may read {measured.cost} rows; expected {self.cost} at most")
        streams = operation.operation is OperationType.SUBSCRIPTION
        if streams and measured.fields > MOST_STREAMED:
            problems.append(f"has {measured.fields} fields; expected {MOST_STREAMED} at most")
        return problems


class _Size(NamedTuple):
    depth: int = 0
    cost: int = 0
    fields: int = 0


class _Measure:
    """Each fragment is measured once: naming it often must not cost more than its name."""

    def __init__(self, context: ValidationContext) -> None:
        self._context = context
        self._fragments: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None) -> _Size:
        if selections is None:
            return _Size()
        sizes = [self._of_selection(node) for node in selections.selections]
        depths, costs, fields = zip(*sizes, strict=True)
        return _Size(max(depths), sum(costs), sum(fields))

    def _of_selection(self, node: SelectionNode) -> _Size:
        match node:
            case FieldNode() if node.name.value.startswith("__"):
                return _Size(fields=1)
            case FieldNode():
                within = self.of(node.selection_set)
                return _Size(within.depth + 1, within.cost + _rows(node), within.fields + 1)
            case FragmentSpreadNode():
                return self._of_fragment(node.name.value)
        return self.of(getattr(node, "selection_set", None))

    def _of_fragment(self, name: str) -> _Size:
        if name not in self._fragments:
            self._fragments[name] = _Size()  # where it names itself, another rule refuses it
            fragment = self._context.get_fragment(name)
            self._fragments[name] = self.of(fragment.selection_set if fragment else None)
        return self._fragments[name]


def _rows(field: FieldNode) -> int:
    """That a field of Query reads at most; a page whose size is a variable may be any."""
    if field.name.value in _SINGLE and field.arguments:
        return 1
    if field.name.value not in _PAGED:
        return 0
    given = {argument.name.value: argument.value for argument in field.arguments or ()}
    size = given.get("page_size")
    if size is None:
        return DEFAULT_PAGE_SIZE
    asked = int(size.value) if isinstance(size, IntValueNode) else MAX_PAGE_SIZE
    return max(1, min(asked, MAX_PAGE_SIZE))
