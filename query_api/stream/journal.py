"""The feed's newest part, in memory: what subscribers that are a little behind are served from."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec

from query_api.cursor import Cursor
from query_api.feed.change import Change

MOST_ODDS = 100_000
"""Of so many odds the newest change is known."""

_place = attrgetter("place")


class Journal:
    """The last changes one by one, and of each odds the newest.

    So a subscriber that is too slow costs no memory of its own: its place is all there is to know.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._recent: list[Change] = []
        self._newest: dict[int, _Newest] = {}
        self.news = asyncio.Event()
        """Set at the next change, and never again: take it anew."""
        self.begin(Cursor("", 0, 0))

    def begin(self, at: Cursor) -> None:
        """Forget everything; the feed goes on after ``at``."""
        self._recent.clear()
        self._newest.clear()
        self.end = at
        self.oldest = at
        """Every change after this is known."""
        self.dimmest = at
        """Of every odds that changed after this, the newest change is known."""
        self._tell()

    def append(self, changes: Sequence[Change]) -> None:
        self._recent += changes
        self.end = changes[-1].place
        for change in changes:
            before = self._newest.pop(change.id, None)
            self._newest[change.id] = _Newest(change, before.change.place if before else None)
        self._forget()
        self._tell()

    def since(self, cursor: Cursor, most: int) -> Sequence[Change]:
        """The first ``most`` changes after ``cursor``, which is not before ``oldest``."""
        if cursor >= self.end:
            return ()
        first = bisect_right(self._recent, cursor, key=_place)
        return self._recent[first : first + most]

    def newest_since(self, cursor: Cursor) -> list[Change]:
        """The newest change of each odds that changed after ``cursor``, which is not before
        ``dimmest``; those that stand for earlier ones as well are marked."""
        found = []
        for newest in reversed(self._newest.values()):
            if newest.change.place <= cursor:
                break
            found.append(newest.since(cursor))
        return found[::-1]

    def _tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    def _forget(self) -> None:
        if len(self._recent) >= 2 * self._size:
            self.oldest = self._recent[-self._size - 1].place
            del self._recent[: -self._size]
        while len(self._newest) > MOST_ODDS:
            forgotten = self._newest.pop(next(iter(self._newest)))
            self.dimmest = forgotten.change.place


class _Newest(NamedTuple):
    change: Change
    before: Cursor | None
    """Of the change of the same odds before this one."""

    def since(self, cursor: Cursor) -> Change:
        skips = self.before is not None and self.before > cursor
        return msgspec.structs.replace(self.change, conflated=True) if skips else self.change
