"""The event store: Datastore kind ``Event``, the truth that everything else is made from."""

from collections.abc import Sequence
from uuid import UUID

from google.api_core.exceptions import AlreadyExists

from odds.adapters.event_store import event_entity
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_entity import KIND
from odds.adapters.event_store.ranges import Message
from odds.batches import batches
from odds.event_codec import EncodedEvent, UndecodableEvent

MAX_MUTATIONS = 500
MAX_COMMIT_BYTES = 8 * 1024 * 1024
"""Of Datastore's limits of 500 mutations and 10 MiB a commit; keys and properties need room too."""


class EventStore:
    """Events by their EventID; what is stored first stays."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def record(self, events: Sequence[EncodedEvent]) -> dict[UUID, EncodedEvent | None]:
        """Store the events that aren't known yet, and return what is now stored for each.

        None stands for what is stored and can't be read.

        An event whose EventID is known already is left as it was stored (design, rule 4).
        Raises EventStoreUnavailable: some of the events may then be stored, and all may be
        recorded again.
        """
        first = {encoded.event.event_id: encoded for encoded in reversed(events)}
        stored: dict[UUID, EncodedEvent | None] = {}
        for chunk in batches(first.values(), most=MAX_MUTATIONS, most_bytes=MAX_COMMIT_BYTES):
            stored |= self._record_chunk(chunk)
        return stored

    def find(self, event_ids: Sequence[UUID]) -> dict[UUID, EncodedEvent | None]:
        """Those of the events that are known, or None where what is stored can't be read.

        Raises EventStoreUnavailable.
        """
        entities = self._datastore.lookup([self._key(event_id) for event_id in event_ids])
        return {UUID(entity.key.path[-1].name): _readable(entity) for entity in entities}

    def ping(self) -> None:
        """Raises EventStoreUnavailable where Datastore doesn't answer."""
        self._datastore.lookup([self._key(UUID(int=0))])

    def _record_chunk(self, events: list[EncodedEvent]) -> dict[UUID, EncodedEvent | None]:
        stored: dict[UUID, EncodedEvent | None] = {}
        while missing := [each for each in events if each.event.event_id not in stored]:
            entities = [
                event_entity.to_entity(self._key(each.event.event_id), each) for each in missing
            ]
            try:
                self._datastore.insert(entities)
            except AlreadyExists:
                stored |= self.find([each.event.event_id for each in missing])
            else:
                stored |= {each.event.event_id: each for each in missing}
        return stored

    def _key(self, event_id: UUID) -> Message:
        return self._datastore.key(KIND, str(event_id))


def _readable(entity: Message) -> EncodedEvent | None:
    try:
        return event_entity.from_entity(entity)
    except UndecodableEvent:
        return None
