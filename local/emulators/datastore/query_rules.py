"""What a query may ask for."""

import re

from local.emulators.datastore.filters import KEY
from local.emulators.datastore.messages import Message, Operator
from local.emulators.refusal import invalid, unimplemented

_METADATA = re.compile("__.*__")


def check_query(query: Message) -> None:
    """Raises Refusal."""
    if len(query.kind) > 1:
        raise invalid("multiple kinds not supported")
    if query.limit.value < 0:
        raise invalid("Limit must be non-negative.")
    if query.offset < 0:
        raise invalid("Offset must be non-negative.")
    if query.HasField("find_nearest"):
        raise unimplemented("find_nearest")
    if query.kind and _METADATA.fullmatch(query.kind[0].name):
        raise unimplemented(f"the metadata kind {query.kind[0].name}")
    _check_names(query)
    _check_projection(query)


def _check_names(query: Message) -> None:
    ordered = {each.property.name for each in query.order}
    projected = {each.property.name for each in query.projection}
    distinct = {each.name for each in query.distinct_on}
    filtered = {name for name, _ in _filtered(query.filter)}
    named = (ordered | projected | distinct | filtered) - {KEY}
    if named and not query.kind:
        raise invalid(f"kind is required for all but {KEY}: {', '.join(sorted(named))}")
    if KEY in distinct:
        raise invalid(f"{KEY} can't be in distinct_on")


def _check_projection(query: Message) -> None:
    equal = {name for name, operator in _filtered(query.filter) if operator == Operator.EQUAL}
    for projection in query.projection:
        if projection.property.name in equal - {KEY}:
            raise invalid("Cannot use projection on a property with an equality filter.")


def _filtered(wanted: Message) -> list[tuple[str, int]]:
    """The properties that are compared, and how."""
    if wanted.WhichOneof("filter_type") == "composite_filter":
        return [pair for each in wanted.composite_filter.filters for pair in _filtered(each)]
    if wanted.WhichOneof("filter_type") == "property_filter":
        return [(wanted.property_filter.property.name, wanted.property_filter.op)]
    return []
