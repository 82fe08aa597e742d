"""One subscriber of the stream: what it lacks first, then every change as it comes."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec

from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.stream.group import Group, Ride
from query_api.stream.journal import Journal
from query_api.stream.past import Past
from query_api.stream.sink import Sink
from query_api.stream.slices import slices
from query_api.stream.subscription_request import SubscriptionRequest

PART = 64
"""Changes that go to a subscriber at a time while it catches up."""
LOOK = 512
"""Changes that are looked through for it at a time: no more are kept in hand while it is slow."""
CATCH_UP_SECONDS = 20.0
"""After which one that came back must be nearer to the feed than it was, or counts as too slow."""

T = TypeVar("T")


class Subscriber:
    """Its place in the feed is all that is kept for it (design, rule 8).

    While it lacks something it is sent what it lacks, at its own pace. When it lacks nothing it
    rides with its group, until it proves too slow. One that did, or that could not catch up, and is
    behind what the journal has one by one, gets the newest change of each odds.
    """

    def __init__(
        self, journal: Journal, past: Past, group: Group, asked: SubscriptionRequest
    ) -> None:
        """It is in place: what comes from now on will not be missed, whenever it runs."""
        self._journal = journal
        self._past = past
        self._group = group
        self._cursor = asked.since or journal.end
        self._needs_image = asked.snapshot and asked.since is None
        self._pause = asked.conflate_ms / 1000
        self._was_up_to_date = False
        self._is_slow = False
        """Whether it did not take what came, and has not ridden since."""
        self._is_ahead = self._cursor > journal.end
        """It has been where this process's feed has not, or nobody has."""
        self._reads_log = False
        """Whether its place was found in the log, page by page from there on."""

    async def run(self, sink: Sink, heartbeat: float) -> None:
        """Deliver, for ever; ``heartbeat`` is how long to be quiet at most, in seconds.

        Raises ReadModelAway where it lacks what only the read model has.
        """
        while True:
            self._began, self._lag = time.monotonic(), self._behind
            while not self._up_to_date:
                await self._catch_up(sink, heartbeat)
            self._reads_log = False
            if not self._was_up_to_date:
                # A client that has got no change yet has a place to come back to as well.
                await sink.beat(self._cursor)
                self._was_up_to_date = True
            elif sink.ready and not self._pause and self._cursor == self._journal.end:
                await self._ride(sink)
            else:
                await self._meanwhile(self._journal.news.wait(), sink, heartbeat)

    @property
    def _up_to_date(self) -> bool:
        end = self._journal.end
        same_generation = self._cursor.generation == end.generation
        lacks_something = self._needs_image or self._is_ahead or self._cursor < end
        return same_generation and not lacks_something

    async def _catch_up(self, sink: Sink, heartbeat: float) -> None:
        if self._needs_image or self._cursor.generation != self._journal.end.generation:
            await self._send_image(sink, heartbeat)
        elif self._journal_will_do and not self._is_ahead:
            await self._send_from_journal(sink, heartbeat)
        else:
            await self._send_from_past(sink, heartbeat)

    @property
    def _journal_will_do(self) -> bool:
        if self._cursor >= self._journal.oldest:
            return True
        falls_back = self._was_up_to_date and (self._is_slow or self._pause > 0)
        return (falls_back or self._loses_ground) and self._may_conflate

    @property
    def _may_conflate(self) -> bool:
        """A journal may be so long that it knows changes whose odds it knows no more."""
        return self._cursor >= self._journal.dimmest

    @property
    def _behind(self) -> int:
        """In transactions, those of others among them."""
        return self._journal.end.xid - self._cursor.xid

    @property
    def _loses_ground(self) -> bool:
        """Though it had time: told one by one, it would hear of prices later and later."""
        return time.monotonic() > self._began + CATCH_UP_SECONDS and self._behind >= self._lag

    async def _send_from_journal(self, sink: Sink, heartbeat: float) -> None:
        end = self._journal.end
        if self._may_conflate and (self._pause or self._cursor < self._journal.oldest):
            await self._send(sink, self._wanted(self._journal.newest_since(self._cursor)))
            self._cursor = self._at(end)
            await self._meanwhile(asyncio.sleep(self._pause), sink, heartbeat)
            return
        changes = self._journal.since(self._cursor, LOOK)
        for part in slices(self._wanted(changes), PART):
            await self._send(sink, part)
            if self._cursor < self._journal.oldest:
                self._is_slow = True  # What is left of these is old by now.
                return
        self._cursor = self._at(changes[-1].place if changes else end)
        self._is_slow = self._cursor < self._journal.oldest

    async def _send_from_past(self, sink: Sink, heartbeat: float) -> None:
        reading = self._past.after(self._cursor, self._group.filter, known=self._reads_log)
        page = await self._meanwhile(reading, sink, heartbeat)
        self._is_ahead, self._reads_log = False, page is not None
        if page is None:
            self._needs_image = True
            return
        await self._send(sink, self._wanted(page.changes))
        self._cursor = max(self._cursor, self._at(page.end))

    async def _send_image(self, sink: Sink, heartbeat: float) -> None:
        generation = self._journal.end.generation
        news = self._journal.news
        reading = self._past.image(self._group.filter, generation)
        image = await self._meanwhile(reading, sink, heartbeat)
        if image.cursor.generation != generation:
            # The feed has yet to find out that there is another.
            await self._meanwhile(news.wait(), sink, heartbeat)
            return
        await self._send(sink, image.changes)
        if not image.changes:
            await sink.beat(image.cursor)
        self._cursor = image.cursor
        self._needs_image = False

    async def _send(self, sink: Sink, changes: Sequence[Change]) -> None:
        for part in slices(changes, PART):
            await sink.send(self._group.parcel(part))
            self._cursor = part[-1].place

    def _wanted(self, changes: Sequence[Change]) -> Sequence[Change]:
        wanted = [change for change in changes if self._group.filter.matches(change)]
        if not self._cursor.ahead:
            return wanted
        return [
            msgspec.structs.replace(change, place=self._at(change.place))
            for change in wanted
            if not self._cursor.covers(change.place)
        ]

    def _at(self, place: Cursor) -> Cursor:
        """The place, with what a snapshot has told the subscriber beyond it."""
        if place.xid >= self._cursor.ahead:
            return place
        return place._replace(ahead=self._cursor.ahead, open=self._cursor.open)

    async def _ride(self, sink: Sink) -> None:
        ride = Ride(sink)
        self._is_slow = False
        self._group.rides.add(ride)
        try:
            self._cursor = await ride.over()
            self._is_slow = True
        finally:
            ride.stop(self._cursor)
            self._group.rides.discard(ride)

    async def _meanwhile(self, awaited: Coroutine[Any, Any, T], sink: Sink, heartbeat: float) -> T:
        """Wait for it, giving the client a sign of life whenever one is due."""
        waiting = asyncio.ensure_future(awaited)
        try:
            while not waiting.done():
                due = sink.sent_at + heartbeat - time.monotonic()
                if due > 0:
                    await asyncio.wait([waiting], timeout=due)
                else:
                    await sink.beat(None if self._needs_image else self._cursor)
            return waiting.result()
        finally:
            waiting.cancel()
