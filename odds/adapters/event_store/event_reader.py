"""Reading the event store in bulk: by time, as a replay wants it, or odds by odds.

Times are in microseconds. What is read is bytes: whoever reads decides what can be made of them.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from heapq import merge
from types import TracebackType
from typing import NamedTuple, Self
from uuid import UUID

from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_entity import KIND, SHARDS
from odds.adapters.event_store.ranges import Message, Range
from odds.event import Event

PAGE = 1000
"""Events per query; a range that is being read holds two pages at most."""

_LOOKED_UP = 500
"""Keys per lookup; the service takes 1,000."""

_TIME = "TimeKey"
_STREAM = "StreamKey"
_TIME_PREFIX = len("00|")
_STREAM_PREFIX = len(f"{UUID(int=0)}|")
_LAST = "~"
"""Sorts behind every digit, letter and ``|``."""


class StoredEvent(NamedTuple):
    """An event as it is stored; ``place`` is ``<CreatedAt>|<EventID>``, and sorts so."""

    place: str
    data: bytes

    @property
    def created_at(self) -> int:
        return int(self.place.partition("|")[0])

    @property
    def event_id(self) -> UUID:
        return UUID(self.place.partition("|")[2])

    def is_place_of(self, event: Event) -> bool:
        """Whether the event belongs where it is stored. By hex digits: str(UUID) is slow."""
        belongs = f"{event.created_at:020}|{event.event_id.int:032x}"
        return belongs == self.place.replace("-", "")


def place_of(event: Event) -> str:
    return f"{place_of_time(event.created_at)}{event.event_id}"


def place_of_time(time: int) -> str:
    """The place before every event of this time and after every event before it."""
    return f"{time:020}|"


class EventReader:
    """Reads ranges of the store's two indexes; a context manager.

    ``queries_at_once`` is for the service as many as there are ranges; an emulator answers one
    query after the other, whatever is asked at once.
    """

    def __init__(self, datastore: Datastore, *, queries_at_once: int) -> None:
        self._datastore = datastore
        self._queries = ThreadPoolExecutor(queries_at_once, "event-reader")

    def by_time(self, after: str, before: str) -> Iterator[StoredEvent]:
        """Events between two places, both left out, in the order of (CreatedAt, EventID).

        Holds two pages of each shard, however many events there are. Raises
        EventStoreUnavailable; reading may go on after the last event that came.
        """
        shards = [
            self._pages(_range(_TIME, f"{shard:02}|", after, before), _TIME_PREFIX)
            for shard in range(SHARDS)
        ]
        return merge(*(shard.events() for shard in shards))

    def of_odds(self, external_id: UUID, after: str, before: str) -> Iterator[StoredEvent]:
        """Events of one odds between two places, in the same order. Raises as ``by_time``."""
        of_odds = _range(_STREAM, f"{external_id}|", after, before)
        return self._pages(of_odds, _STREAM_PREFIX).events()

    def by_odds(self, first: str, last: str) -> Iterator[StoredEvent]:
        """Events of the odds whose ExternalID starts with anything from ``first`` to ``last``.

        All events of one odds come together, in order. Raises as ``by_time``.
        """
        some_odds = Range(KIND, _STREAM, above=first, below=last + _LAST)
        return self._pages(some_odds, _STREAM_PREFIX).events()

    def of_ids(self, event_ids: Sequence[UUID]) -> list[StoredEvent]:
        """Those of the events that there are, in no order. Raises EventStoreUnavailable."""
        found: list[StoredEvent] = []
        for start in range(0, len(event_ids), _LOOKED_UP):
            some = event_ids[start : start + _LOOKED_UP]
            keys = [self._datastore.key(KIND, str(event_id)) for event_id in some]
            entities = self._datastore.lookup(keys)
            found += [_event(entity, _TIME, _TIME_PREFIX) for entity in entities]
        return found

    def newest(self, before: str) -> int | None:
        """When the last event before a place was created. Raises EventStoreUnavailable."""
        ranges = [_range(_TIME, f"{shard:02}|", "", before) for shard in range(SHARDS)]
        query = partial(self._datastore.query, limit=1, descending=True)
        pages = self._queries.map(query, ranges)
        found = [_event(entity, _TIME, _TIME_PREFIX) for page in pages for entity in page.entities]
        return max(found).created_at if found else None

    def _pages(self, wanted: Range, prefix: int) -> "_Pages":
        return _Pages(self._datastore, self._queries, wanted, prefix)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._queries.shutdown(wait=False, cancel_futures=True)


class _Pages:
    """One range, read a page ahead of whoever takes its events."""

    def __init__(self, datastore: Datastore, queries: Executor, wanted: Range, prefix: int) -> None:
        self._query = partial(datastore.query, limit=PAGE)
        self._queries = queries
        self._wanted = wanted
        self._prefix = prefix
        self._next = self._queries.submit(self._query, wanted)

    def events(self) -> Iterator[StoredEvent]:
        more = True
        while more:
            entities, more = self._next.result()
            if more and entities:
                indexed = self._wanted.indexed
                above = entities[-1].properties[indexed].string_value
                rest = self._wanted._replace(above=above)
                self._next = self._queries.submit(self._query, rest)
            for entity in entities:
                yield _event(entity, self._wanted.indexed, self._prefix)
            more = more and bool(entities)


def _range(indexed: str, prefix: str, after: str, before: str) -> Range:
    return Range(KIND, indexed, above=prefix + after, below=prefix + before)


def _event(entity: Message, indexed: str, prefix: int) -> StoredEvent:
    properties = entity.properties
    place = properties[indexed].string_value[prefix:]
    return StoredEvent(place, properties["Data"].blob_value)
