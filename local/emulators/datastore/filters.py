"""A query's filter as alternatives, each a list of comparisons that all must hold."""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise, product
from math import prod
from typing import NamedTuple

from local.emulators.datastore import values
from local.emulators.datastore.keys import after_descendants, encode_path
from local.emulators.datastore.limits import no_value
from local.emulators.datastore.messages import Composite, Message, Operator
from local.emulators.refusal import invalid, unimplemented

KEY = "__key__"
_MAX_ALTERNATIVES = 30
_MAX_NOT_IN = 10

_SQL = {
    Operator.LESS_THAN: "<",
    Operator.LESS_THAN_OR_EQUAL: "<=",
    Operator.GREATER_THAN: ">",
    Operator.GREATER_THAN_OR_EQUAL: ">=",
    Operator.EQUAL: "=",
}


class Comparison(NamedTuple):
    """Of a property, or of the key, with bytes that sort as its values do."""

    name: str
    operator: str
    value: bytes


Alternative = tuple[Comparison, ...]


def alternatives(wanted: Message) -> list[Alternative]:
    """At least one: no filter is one without comparisons. Raises Refusal."""
    found = _alternatives(wanted)
    _check_count(len(found))
    return found


def _alternatives(wanted: Message) -> list[Alternative]:
    kind = wanted.WhichOneof("filter_type")
    if kind == "composite_filter":
        return _composite(wanted.composite_filter)
    if kind == "property_filter":
        return _of_property(wanted.property_filter)
    return [()]


def _composite(wanted: Message) -> list[Alternative]:
    parts = [alternatives(each) for each in wanted.filters]
    if not parts:
        raise invalid("A composite filter must have at least one sub-filter.")
    if wanted.op == Composite.OR:
        return list(chain.from_iterable(parts))
    if wanted.op == Composite.AND:
        _check_count(prod(map(len, parts)))  # before they are multiplied out
        return [tuple(chain.from_iterable(each)) for each in product(*parts)]
    raise invalid("A composite filter must have an operator.")


def _check_count(count: int) -> None:
    if count > _MAX_ALTERNATIVES:
        raise invalid(f"the filter has {count} alternatives; the most are {_MAX_ALTERNATIVES}")


def _of_property(wanted: Message) -> list[Alternative]:
    name, operator = wanted.property.name, Operator(wanted.op)
    encode = _encode_key if name == KEY else values.encode
    if wanted.value.WhichOneof("value_type") is None:
        raise no_value(name)
    if operator in _SQL:
        return [(Comparison(name, _SQL[operator], encode(wanted.value)),)]
    if operator == Operator.HAS_ANCESTOR:
        return [_below(name, _encode_key(wanted.value))]
    if operator == Operator.NOT_EQUAL:
        return _other_than(name, [encode(wanted.value)])
    if operator == Operator.IN:
        return [(Comparison(name, "=", each),) for each in _list(wanted, encode)]
    if operator == Operator.NOT_IN:
        return _other_than(name, _list(wanted, encode)[: _MAX_NOT_IN + 1])
    raise unimplemented(f"the filter operator {operator.name}")


def _below(name: str, ancestor: bytes) -> Alternative:
    if name != KEY:
        raise invalid("An ancestor filter must be of __key__.")
    end = after_descendants(ancestor)
    return (Comparison(KEY, ">=", ancestor), Comparison(KEY, "<", end))


def _other_than(name: str, unwanted: Sequence[bytes]) -> list[Alternative]:
    """Between the values, one after the other."""
    if len(unwanted) > _MAX_NOT_IN:
        raise invalid(f"NOT_IN takes {_MAX_NOT_IN} values at most.")
    ordered = sorted(set(unwanted))
    between = [
        (Comparison(name, ">", low), Comparison(name, "<", high)) for low, high in pairwise(ordered)
    ]
    return [
        (Comparison(name, "<", ordered[0]),),
        *between,
        (Comparison(name, ">", ordered[-1]),),
    ]


def _list(wanted: Message, encode: Callable[[Message], bytes]) -> list[bytes]:
    held = wanted.value.array_value.values
    if not held:
        raise invalid(f"{Operator(wanted.op).name} takes a list with at least one value.")
    return sorted({encode(each) for each in held})


def _encode_key(value: Message) -> bytes:
    if value.WhichOneof("value_type") != "key_value":
        raise invalid("__key__ filter value must be a Key")
    return encode_path(value.key_value.path)
