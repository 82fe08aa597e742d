"""What a subscriber asks to have of the feed."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from query_api.cursor import Cursor
from query_api.feed.odds_filter import OddsFilter


class SubscriptionRequest(NamedTuple):
    filter: OddsFilter = OddsFilter()
    since: Cursor | None = None
    """The place to go on from; None: the present."""
    snapshot: bool = False
    """Whether to begin with an image; who names a place has one."""
    conflate_ms: int = 0
    """Milliseconds in which one change of each odds is enough."""

    def __aiter__(self) -> AsyncIterator[None]:
        """GraphQL wants the source of a subscription's events to have this. Nobody calls it: the
        events come from the fan-out."""
        raise TypeError("the events of a subscription are shared; see Fanout")
