"""Messages set aside because they can never be applied: Datastore kind ``Parked``."""

from hashlib import sha256

import msgspec
from google.cloud.datastore_v1.types import Entity

from odds.adapters.datastore import Datastore, Message

KIND = "Parked"

_Entity = Entity.pb()


class ParkedMessage(msgspec.Struct, frozen=True):
    """A message of the bus as it came, and why it was parked; ``parked_at`` in microseconds."""

    data: bytes
    attributes: dict[str, str]
    subscription: str
    reason: str
    parked_at: int

    @property
    def name(self) -> str:
        """The same for the same bytes and reason: a message that comes again is parked once."""
        return sha256(self.data + b"\0" + self.reason.encode()).hexdigest()


class ParkedMessages:
    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def park(self, message: ParkedMessage) -> None:
        """Keep the message; parked again it stays as one. Raises EventStoreUnavailable."""
        self._datastore.upsert(_to_entity(self._datastore.key(KIND, message.name), message))


def _to_entity(key: Message, message: ParkedMessage) -> Message:
    entity = _Entity(key=key)
    properties = entity.properties
    properties["ParkedAt"].integer_value = message.parked_at
    properties["Subscription"].string_value = message.subscription
    properties["Reason"].string_value = message.reason
    properties["Attributes"].string_value = msgspec.json.encode(message.attributes).decode()
    properties["Data"].blob_value = message.data
    for name in ("Reason", "Attributes", "Data"):
        properties[name].exclude_from_indexes = True
    return entity
