"""Groups: subscribers that asked for the same of the same odds."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.odds_filter import OddsFilter
from query_api.stream.parcel import Encode, Parcel
from query_api.stream.sink import Sink

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Ride:
    """A subscriber's time in a group: it lacks nothing, and gets what is published at once."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.stopped_at: Cursor | None = None
        self._over = asyncio.Event()

    def deliver(self, parcel: Parcel, before: Cursor) -> None:
        """Write the parcel, or end the ride ``before`` it where that fails or the client is too
        slow: one stream's trouble is not the others'."""
        if self.stopped_at is not None:
            return
        if self.sink.ready:
            self._attempt(self.sink.write, parcel, before)
        else:
            self.stop(before)

    def beat(self, at: Cursor) -> None:
        if self.stopped_at is None and self.sink.ready:
            self._attempt(self.sink.write_beat, at, at)

    def stop(self, at: Cursor) -> None:
        """End the ride: the subscriber has everything up to ``at``."""
        self.stopped_at = at
        self._over.set()

    def _attempt(self, write: Callable[[T], None], what: T, otherwise: Cursor) -> None:
        try:
            write(what)
        except Exception as error:
            _log.warning("a stream could not be written to: %r", error)
            self.stop(otherwise)

    async def over(self) -> Cursor:
        """Wait until it is over; returns where it stopped."""
        await self._over.wait()
        assert self.stopped_at is not None
        return self.stopped_at


class Group:
    def __init__(self, encode: Encode, odds_filter: OddsFilter) -> None:
        self.encode = encode
        self.filter = odds_filter
        self.members = 0
        self.rides: set[Ride] = set()
        self.quiet = True
        """Whether nothing was delivered since the last heartbeat."""

    def parcel(self, changes: Sequence[Change]) -> Parcel:
        return Parcel(changes, self.encode)
