"""Cursors: places in the change feed, as clients hold them."""

import re
from typing import NamedTuple, Self
from uuid import UUID

from query_api.errors import BadParameter

_TEXT = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{1,16}){2,}")
_EXPECTED = "a cursor that this API gave"
_SHOWN = 40
_LARGEST = 2**63 - 1
"""A bigint."""


class Cursor(NamedTuple):
    """A place in the feed of one generation of the read model: after the log row ``id`` of the
    transaction ``xid``. Cursors of one generation are ordered as the feed is.

    What was read from the tables themselves is as of a snapshot, not of a place: everything below
    ``xid`` was there, and of the transactions below ``ahead`` all that were not ``open``.
    """

    generation: str
    xid: int
    id: int
    ahead: int = 0
    open: tuple[int, ...] = ()

    @classmethod
    def of_snapshot(cls, generation: UUID, snapshot: str) -> Self:
        """``snapshot`` is PostgreSQL's text of a pg_snapshot: ``xmin:xmax:xip,...``."""
        xmin, xmax, running = snapshot.split(":")
        still_open = tuple(int(xid) for xid in running.split(",") if xid)
        return cls(name(generation), int(xmin), 0, int(xmax), still_open)

    @classmethod
    def read(cls, text: str, parameter: str = "since") -> Self:
        """What ``str`` wrote. Raises BadParameter."""
        if not _TEXT.fullmatch(text):
            raise BadParameter(parameter, f"is {text[:_SHOWN]!a}", _EXPECTED)
        generation, *numbers = text.split("-")
        xid, id_, *snapshot = (int(number, 16) for number in numbers)
        if max(xid, id_, *snapshot) > _LARGEST:
            raise BadParameter(parameter, f"is {text[:_SHOWN]!a}", _EXPECTED)
        return cls(generation, xid, id_, snapshot[0] if snapshot else 0, tuple(snapshot[1:]))

    def __str__(self) -> str:
        place = f"{self.generation}-{self.xid:x}-{self.id:x}"
        if not self.ahead:
            return place
        return "-".join([place, f"{self.ahead:x}", *(f"{xid:x}" for xid in self.open)])

    @property
    def settled(self) -> "Cursor":
        """Without what a snapshot has seen beyond the place."""
        return Cursor(self.generation, self.xid, self.id)

    def covers(self, other: "Cursor") -> bool:
        """Whether who stands here has seen what stands at ``other``, of the same generation."""
        return other <= self or (other.xid < self.ahead and other.xid not in self.open)


def name(generation: UUID) -> str:
    """A generation's name in cursors."""
    return generation.hex[:12]
