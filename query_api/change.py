"""Changes: the rows of the change feed."""

from typing import NamedTuple
from uuid import UUID

from query_api.odds_view import OddsView


class Cursor(NamedTuple):
    """A place in the change feed: after the log row ``id`` of the transaction ``xid``."""

    xid: int
    id: int


class Change(OddsView, frozen=True, kw_only=True):
    """One applied event, with the state of its odds as of that event."""

    cursor: Cursor
    event_id: UUID
    conflated: bool = False
    """Whether earlier changes of this odds were left out for a slow reader."""
