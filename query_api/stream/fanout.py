"""Fan-out: every subscriber gets every change of the odds that it asked for."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.odds_filter import FilterIndex, OddsFilter
from query_api.stream.group import Group
from query_api.stream.journal import Journal
from query_api.stream.parcel import Encode
from query_api.stream.slices import slices

TURN = 256
"""Subscribers that are served before others get the event loop."""
ENCODED_IN_A_TURN = 32

_log = logging.getLogger(__name__)


class FanoutFull(RuntimeError):
    """The process has as many subscribers as it may have."""


class Fanout:
    """The subscribers of this process. Belongs to the event loop: call it from there only."""

    def __init__(self, journal_size: int, max_subscribers: int) -> None:
        self.journal = Journal(journal_size)
        self.ended = asyncio.Event()
        self._max_subscribers = max_subscribers
        self._subscribers = 0
        self._groups: dict[tuple[Encode, OddsFilter], Group] = {}
        self._index: FilterIndex[Group] = FilterIndex()
        self._delivering = asyncio.Lock()
        """Held while those who ride may not all be as far as the journal."""

    def __len__(self) -> int:
        return self._subscribers

    def check_room(self) -> None:
        """Raises FanoutFull."""
        if self._subscribers >= self._max_subscribers:
            raise FanoutFull(f"{self._max_subscribers} subscribers are here already; try again")

    def join(self, encode: Encode, odds_filter: OddsFilter) -> Group:
        """The group of those who asked for the same. Raises FanoutFull."""
        self.check_room()
        group = self._groups.get((encode, odds_filter))
        if group is None:
            group = self._groups[encode, odds_filter] = Group(encode, odds_filter)
            self._index.add(odds_filter, group)
        group.members += 1
        self._subscribers += 1
        return group

    def leave(self, group: Group) -> None:
        group.members -= 1
        self._subscribers -= 1
        if not group.members:
            del self._groups[group.encode, group.filter]
            self._index.remove(group.filter, group)

    async def begin(self, at: Cursor) -> None:
        """The feed goes on after ``at``, and what was before is not known here."""
        before = self.journal.end
        self.journal.begin(at)
        for group in self._groups.values():
            for ride in group.rides:
                ride.stop(before)

    async def publish(self, changes: Sequence[Change]) -> None:
        """Return once every subscriber that keeps up has the changes: meanwhile others gather in
        the log, and go out together. What comes again, as when the feed does not know that it was
        taken, is taken once."""
        async with self._delivering:
            before = self.journal.end
            if new := [change for change in changes if change.place > before]:
                self.journal.append(new)
                await self._deliver(new, before)

    async def beat(self, seconds: float) -> None:
        """Give those who have not heard anything for so long a sign of life, for ever."""
        while True:
            await asyncio.sleep(seconds / 2)
            async with self._delivering:
                await self._beat()

    def end(self) -> None:
        """End every stream; their clients find another instance."""
        self.ended.set()

    async def _deliver(self, changes: Sequence[Change], before: Cursor) -> None:
        due = self._due(changes)
        # Who rides from here on has these changes already.
        parcels = [(group, group.parcel(wanted)) for group, wanted in due.items()]
        deliveries = [(ride, parcel) for group, parcel in parcels for ride in group.rides]
        await _encode(due)
        for turn in slices(deliveries, TURN):
            for ride, parcel in turn:
                ride.deliver(parcel, before)
            await asyncio.sleep(0)

    async def _beat(self) -> None:
        quiet = [ride for group in self._groups.values() if group.quiet for ride in group.rides]
        for group in self._groups.values():
            group.quiet = True
        for turn in slices(quiet, TURN):
            for ride in turn:
                ride.beat(self.journal.end)
            await asyncio.sleep(0)

    def _due(self, changes: Sequence[Change]) -> dict[Group, list[Change]]:
        due: dict[Group, list[Change]] = {}
        for change in changes:
            for group in self._index.wanting(change):
                due.setdefault(group, []).append(change)
                group.quiet = False
        return due


async def _encode(due: Mapping[Group, Sequence[Change]]) -> None:
    """Have what is due encoded and remembered, without keeping the event loop for long. What can't
    be encoded fails again, for each stream that it is written to."""
    todo = [(group.encode, change) for group, changes in due.items() for change in changes]
    for turn in slices(todo, ENCODED_IN_A_TURN):
        for encode, change in turn:
            try:
                encode(change)
            except Exception:
                _log.exception("a change could not be encoded")
        await asyncio.sleep(0)
