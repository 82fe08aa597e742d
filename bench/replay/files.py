"""A source of events that costs next to nothing to read: files, of parts and of times."""

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from heapq import merge
from pathlib import Path
from typing import NamedTuple

from bench.replay import history
from odds import event_codec
from odds.adapters.event_store.event_entity import SHARDS
from odds.adapters.event_store.event_reader import StoredEvent
from odds.event import Event
from replayer.recovery.parts import PARTS, Reading

_LENGTH = struct.Struct("!H")
_PLACE = len(f"{0:020}|") + 36
_TIMES = tuple(f"time-{shard}" for shard in range(SHARDS))


Choice = Callable[[Event], int]


class Files(NamedTuple):
    """As ``Source`` has parts, and as ``EventReader`` reads by time."""

    directory: Path
    processes: int = 2
    parts_at_once: int = 2

    def write(self, number: int) -> None:
        self._write(history.by_odds(number), PARTS, lambda event: event.external_id.int >> 124)
        self._write(history.by_time(number), _TIMES, lambda event: event.event_id.int % SHARDS)

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        yield self._events

    def by_time(self, _after: str, _before: str) -> Iterator[StoredEvent]:
        return merge(*map(self._events, _TIMES))

    def newest(self, _before: str) -> int | None:
        return None

    def _write(self, events: Iterable[Event], names: tuple[str, ...], which: Choice) -> None:
        with ExitStack() as opened:
            files = [opened.enter_context((self.directory / name).open("wb")) for name in names]
            for event in events:
                data = event_codec.encode(event)
                place = f"{event.created_at:020}|{event.event_id}".encode()
                files[which(event)].write(_LENGTH.pack(len(data)) + place + data)

    def _events(self, name: str) -> Iterator[StoredEvent]:
        with (self.directory / name).open("rb") as file:
            while head := file.read(_LENGTH.size):
                (length,) = _LENGTH.unpack(head)
                yield StoredEvent(file.read(_PLACE).decode(), file.read(length))
