"""What a query's results are ordered by, and what of it is to be shown."""

from typing import NamedTuple

from local.emulators.datastore.filters import KEY, Alternative
from local.emulators.datastore.messages import Direction, Message
from local.emulators.refusal import invalid


class Order(NamedTuple):
    name: str
    descending: bool = False


def orders(query: Message, alternatives: list[Alternative]) -> list[Order]:
    """Ends in the key, which settles all. Raises Refusal."""
    asked = _asked(query)
    equal = _equal(alternatives)
    listed = [order for order in asked if order.name not in equal]
    names = [
        *(reference.name for reference in query.distinct_on),
        *sorted(_ranged(alternatives)),
        *(each.property.name for each in query.projection),
    ]
    for name in names:
        if name != KEY and name not in equal and all(name != each.name for each in listed):
            listed.append(Order(name))
    for at, order in enumerate(listed):
        if order.name == KEY:
            return listed[: at + 1]
    # As its last property, the key goes up or down: so one walk through an index serves both.
    return [*listed, Order(KEY, bool(listed) and listed[-1].descending)]


def _asked(query: Message) -> list[Order]:
    asked = [
        Order(each.property.name, each.direction == Direction.DESCENDING) for each in query.order
    ]
    if len({order.name for order in asked}) < len(asked):
        raise invalid("order by clause cannot contain duplicate fields")
    distinct = {reference.name for reference in query.distinct_on}
    if asked and distinct and {order.name for order in asked[: len(distinct)]} != distinct:
        raise invalid("The properties of distinct_on must come first in the order.")
    return asked


def _equal(alternatives: list[Alternative]) -> set[str]:
    """Properties that an equality filter settles: a sort order of them says nothing."""
    if len(alternatives) > 1:
        return set()
    return {each.name for each in alternatives[0] if each.operator == "="} - {KEY}


def _ranged(alternatives: list[Alternative]) -> set[str]:
    return {
        each.name for alternative in alternatives for each in alternative if each.operator != "="
    }
