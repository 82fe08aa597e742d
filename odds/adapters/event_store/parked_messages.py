"""Messages set aside because they can never be applied: Datastore kind ``Parked``."""

from collections.abc import Iterator
from hashlib import sha256

import msgspec
from google.cloud.datastore_v1.types import Entity

from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.ranges import KEY_NAME, Message, Range

KIND = "Parked"
PART_KIND = "ParkedPart"
"""What a message has beyond what its own entity takes; named by when it was parked as well, so
that whoever removes a message leaves the parts of one that is parked again alone."""
PART = 900_000
"""Bytes of data, and of attributes, in an entity: the service takes 1 MiB
(https://cloud.google.com/datastore/docs/concepts/limits)."""

_PAGE = 20
"""Messages per query; each may have a megabyte."""

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
        """Of its subscription, reason and bytes: a message that comes again is parked once."""
        of = (self.subscription.encode(), self.reason.encode(), self.data)
        return sha256(b"\0".join(of)).hexdigest()


class ParkedMessages:
    """The messages that are parked, each under its name until it is removed."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def park(self, message: ParkedMessage) -> None:
        """Keep the message; parked again it stays as one. Raises EventStoreUnavailable."""
        entity = _to_entity(self._datastore.key(KIND, message.name), message)
        for start, key in self._parts(entity):
            part = _Entity(key=key)
            _unindexed(part, "Data").blob_value = message.data[start : start + PART]
            self._datastore.upsert(part)
        before: list[Message] = []

        def instead(found: Message | None) -> Message:
            before[:] = [found] if found else []
            return entity

        self._datastore.change(entity.key, instead)
        for replaced in before:
            if _parked_at(replaced) != message.parked_at:
                self._remove_parts(replaced)

    def find(self, name: str) -> ParkedMessage | None:
        """Raises EventStoreUnavailable."""
        found = self._datastore.lookup([self._datastore.key(KIND, name)])
        return self._read(found[0]) if found else None

    def every(self) -> Iterator[ParkedMessage]:
        """All messages, in the order of their names. Raises EventStoreUnavailable."""
        wanted, more = Range(KIND, KEY_NAME), True
        while more:
            entities, more = self._datastore.query(wanted, _PAGE)
            for entity in entities:
                if message := self._read(entity):
                    yield message
                wanted = wanted._replace(above=entity.key.path[-1].name)

    def remove(self, message: ParkedMessage) -> bool:
        """Take a message away, unless it was parked again since it was read.

        Says whether it is gone. Raises EventStoreUnavailable.
        """
        gone = [True]

        def without(found: Message | None) -> Message | None:
            gone[0] = found is None or _parked_at(found) == message.parked_at
            return None if gone[0] else found

        key = self._datastore.key(KIND, message.name)
        self._datastore.change(key, without)
        if gone[0]:
            self._remove_parts(_to_entity(key, message))
        return gone[0]

    def _remove_parts(self, entity: Message) -> None:
        for _, key in self._parts(entity):
            self._datastore.change(key, lambda _: None)

    def _read(self, entity: Message) -> ParkedMessage | None:
        """None where it was removed meanwhile, or is being parked again."""
        properties = entity.properties
        data = properties["Data"].blob_value
        for _, key in self._parts(entity):
            part = self._datastore.lookup([key])
            if not part:
                return None
            data += part[0].properties["Data"].blob_value
        attributes = properties["Attributes"].string_value
        return ParkedMessage(
            data=data,
            attributes=msgspec.json.decode(attributes, type=dict[str, str]),
            subscription=properties["Subscription"].string_value,
            reason=properties["Reason"].string_value,
            parked_at=_parked_at(entity),
        )

    def _parts(self, entity: Message) -> Iterator[tuple[int, Message]]:
        """Where each part begins, and its key."""
        properties = entity.properties
        name = f"{entity.key.path[-1].name}-{_parked_at(entity)}"
        first = len(properties["Data"].blob_value)
        for start in range(first, properties["Size"].integer_value, PART):
            yield start, self._datastore.key(PART_KIND, f"{name}-{start}")


def _to_entity(key: Message, message: ParkedMessage) -> Message:
    entity = _Entity(key=key)
    _unindexed(entity, "ParkedAt").integer_value = message.parked_at
    _unindexed(entity, "Subscription").string_value = message.subscription
    _unindexed(entity, "Size").integer_value = len(message.data)
    _unindexed(entity, "Reason").string_value = message.reason
    attributes = msgspec.json.encode(message.attributes)
    _unindexed(entity, "Attributes").string_value = attributes.decode()
    # Attributes have up to 128 kB, and six times as much where JSON escapes all of it.
    _unindexed(entity, "Data").blob_value = message.data[: PART - len(attributes)]
    return entity


def _unindexed(entity: Message, name: str) -> Message:
    """A property of an entity that is found by its key alone: an index of times would grow at one
    end, which slows the writes of all."""
    value = entity.properties[name]
    value.exclude_from_indexes = True
    return value


def _parked_at(entity: Message) -> int:
    parked_at: int = entity.properties["ParkedAt"].integer_value
    return parked_at
