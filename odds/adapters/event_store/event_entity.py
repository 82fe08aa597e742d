"""How an event stands in Datastore: key name EventID, its bytes, and two indexed strings.

No index grows at one end (a monotonic indexed value caps at some 500 writes/s): times stand
behind a shard or the ExternalID. Nothing else is indexed.
"""

from google.cloud.datastore_v1.types import Entity

from odds import event_codec
from odds.adapters.event_store.ranges import Message
from odds.event import Event
from odds.event_codec import EncodedEvent

KIND = "Event"
SHARDS = 16

_Entity = Entity.pb()


def time_key(event: Event) -> str:
    """Sorts the events of one shard by (CreatedAt, EventID)."""
    return f"{event.event_id.int % SHARDS:02}|{event.created_at:020}|{event.event_id}"


def stream_key(event: Event) -> str:
    """Sorts the events of one odds by (CreatedAt, EventID)."""
    return f"{event.external_id}|{event.created_at:020}|{event.event_id}"


def to_entity(key: Message, encoded: EncodedEvent) -> Message:
    entity = _Entity(key=key)
    entity.properties["TimeKey"].string_value = time_key(encoded.event)
    entity.properties["StreamKey"].string_value = stream_key(encoded.event)
    entity.properties["Data"].blob_value = encoded.data
    entity.properties["Data"].exclude_from_indexes = True
    return entity


def from_entity(entity: Message) -> EncodedEvent:
    """The event of an entity. Raises UndecodableEvent."""
    return event_codec.decode(entity.properties["Data"].blob_value)
