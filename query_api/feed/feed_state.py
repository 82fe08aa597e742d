"""How far the feed has come, as readers are told."""

import msgspec


class FeedState(msgspec.Struct, frozen=True):
    cursor: str
    behind_seconds: float | None
    """None: nothing is known."""
    stale: bool
