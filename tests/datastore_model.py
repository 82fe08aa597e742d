"""What a Datastore query finds, evaluated plainly over Python values."""

from collections.abc import Callable, Iterator
from itertools import product
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple

from google.cloud.datastore_v1.types import PropertyFilter

_Operator = PropertyFilter.Operator
OPERATORS: dict[int, Callable[[Any, Any], bool]] = {
    _Operator.EQUAL: eq,
    _Operator.LESS_THAN: lt,
    _Operator.LESS_THAN_OR_EQUAL: le,
    _Operator.GREATER_THAN: gt,
    _Operator.GREATER_THAN_OR_EQUAL: ge,
}
_RANKS: dict[type, int] = {type(None): 0, int: 1, bool: 2, bytes: 3, str: 3, float: 4}

Name = str | int


class Held(NamedTuple):
    """The values of a property."""

    values: list[Any]
    indexed: bool


class Comparison(NamedTuple):
    name: str
    operator: int
    value: Any


class Order(NamedTuple):
    name: str
    descending: bool


class Model(NamedTuple):
    """Some entities by the identifiers of their keys, and a query about them."""

    entities: dict[Name, dict[str, Held]]
    alternatives: list[list[Comparison]]
    orders: list[Order]

    def found(self) -> list[Name]:
        """An entity stands where the first of its combinations of values does."""
        places = [
            (place, identifier)
            for identifier in self.entities
            for alternative in self.alternatives
            for place in self._places(identifier, alternative)
        ]
        downward = [order.descending for order in self.full_orders()]
        key_downward = bool(downward) and downward[-1]
        places.sort(key=lambda each: _key_rank(each[1]), reverse=key_downward)
        for at in reversed(range(len(downward))):
            ranks = {place: place[0][at] for place in places}
            places.sort(key=ranks.__getitem__, reverse=downward[at])
        return list(dict.fromkeys(identifier for _, identifier in places))

    def full_orders(self) -> list[Order]:
        """Without properties that an equality settles, and with those that are compared else."""
        compared = [each for alternative in self.alternatives for each in alternative]
        equal = {each.name for each in compared if each.operator == _Operator.EQUAL}
        settled = equal if len(self.alternatives) == 1 else set()
        ranged = {each.name for each in compared if each.operator != _Operator.EQUAL}
        asked = [order for order in self.orders if order.name not in settled]
        more = sorted(ranged - settled - {order.name for order in asked})
        return asked + [Order(name, False) for name in more]

    def _places(self, identifier: Name, alternative: list[Comparison]) -> Iterator[tuple[Any, ...]]:
        """The combinations of an entity's values that are ordered by and fit an alternative.

        One value must fit all that is said of its property, but an equality of each list may be
        of another of its values.
        """
        held = {
            name: [_rank(value) for value in each.values]
            for name, each in self.entities[identifier].items()
            if each.indexed
        }
        ordered = [order.name for order in self.full_orders()]
        apart = [each for each in alternative if each.name not in ordered]
        if not all(any(_fits(each, value) for value in held.get(each.name, [])) for each in apart):
            return
        for place in product(*(held.get(name, []) for name in ordered)):
            values = dict(zip(ordered, place, strict=True))
            together = [each for each in alternative if each.name in ordered]
            if all(_fits(each, values[each.name]) for each in together):
                yield place


def _fits(comparison: Comparison, value: Any) -> bool:
    return OPERATORS[comparison.operator](value, _rank(comparison.value))


def _rank(value: Any) -> tuple[int, Any]:
    """Sorts values of all types."""
    comparable = value.encode() if isinstance(value, str) else value
    return _RANKS[type(value)], 0 if value is None else comparable


def _key_rank(identifier: Name) -> tuple[bool, Name]:
    return isinstance(identifier, str), identifier
