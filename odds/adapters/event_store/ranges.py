"""Ranges of Datastore's entities, and the queries that ask for them."""

from typing import Any, NamedTuple

from google.cloud.datastore_v1.types import (
    CompositeFilter,
    Key,
    PropertyFilter,
    PropertyOrder,
    Query,
)

Message = Any
"""A bare protobuf message: the client's own wrappers cost more than the calls."""

KEY_NAME = "__key__"
"""Datastore's name for what is always indexed: the key."""

_Key = Key.pb()
_Query = Query.pb()
_Filter = PropertyFilter.Operator
_Direction = PropertyOrder.Direction


class Range(NamedTuple):
    """Entities of one kind by an indexed string, or by the names of their keys; the bounds are
    left out, and an empty one is none."""

    kind: str
    indexed: str
    above: str = ""
    below: str = ""


def key(project: str, kind: str, name: str) -> Message:
    return _Key(partition_id={"project_id": project}, path=[{"kind": kind, "name": name}])


def query(project: str, wanted: Range, limit: int, *, descending: bool) -> Message:
    """For the first (or last) entities of a range, in order."""
    return _Query(
        kind=[{"name": wanted.kind}],
        filter=_between(project, wanted),
        order=[_order(wanted.indexed, descending)],
        limit={"value": limit},
    )


def _between(project: str, wanted: Range) -> Message:
    bounds = {_Filter.GREATER_THAN: wanted.above, _Filter.LESS_THAN: wanted.below}
    filters = [
        {
            "property_filter": {
                "property": {"name": wanted.indexed},
                "op": operator,
                "value": _value(project, wanted, bound),
            }
        }
        for operator, bound in bounds.items()
        if bound
    ]
    both = {"op": CompositeFilter.Operator.AND, "filters": filters}
    return {"composite_filter": both} if filters else None


def _value(project: str, wanted: Range, bound: str) -> Message:
    if wanted.indexed == KEY_NAME:
        return {"key_value": key(project, wanted.kind, bound)}
    return {"string_value": bound}


def _order(indexed: str, descending: bool) -> Message:
    direction = _Direction.DESCENDING if descending else _Direction.ASCENDING
    return {"property": {"name": indexed}, "direction": direction}
