"""What of the API isn't here: asked for, it is refused by name rather than passed over."""

from local.emulators.datastore.messages import Message
from local.emulators.refusal import unimplemented

_FIELDS = {
    "LookupRequest": ("property_mask",),
    "RunQueryRequest": ("gql_query", "property_mask", "explain_options"),
    "RunAggregationQueryRequest": ("gql_query", "explain_options"),
    "ReadOptions": ("read_time",),
    "Mutation": ("property_mask", "property_transforms", "update_time"),
    "Aggregation": ("sum", "avg"),
}


def check(message: Message) -> None:
    """Raises Refusal, UNIMPLEMENTED."""
    for field in _FIELDS[message.DESCRIPTOR.name]:
        repeated = message.DESCRIPTOR.fields_by_name[field].is_repeated
        if getattr(message, field) if repeated else message.HasField(field):
            raise unimplemented(f"{message.DESCRIPTOR.name}.{field}")
