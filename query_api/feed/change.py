"""Changes: the rows of the change feed, and of images that stand in their place."""

from uuid import UUID

from query_api.cursor import Cursor
from query_api.read_model.odds_view import OddsView


class Change(OddsView, frozen=True, kw_only=True, eq=False, gc=False):
    """One odds with its state as of an applied event.

    Two of the same place that tell the same are equal whenever they were read: what many readers
    catch up on is encoded once.
    """

    place: Cursor
    """Where it stands in the feed; of an image: where the feed goes on after it."""
    event_id: UUID
    published_at: int
    """When this process read it from the log, in microseconds since the epoch."""
    traceparent: str | None = None
    """Of the span that projected the event, where that was recorded."""
    projected_at: int | None = None
    """When the read model took the event, where the feed brings it; in microseconds."""
    conflated: bool = False
    """Whether earlier changes of this odds were left out for a slow reader."""
    image: bool = False
    """Whether it tells the state of an odds and no change of it."""
    resumable: bool = True
    """False within an image: who has a part of it must have it all again."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    @property
    def _told(self) -> tuple[object, ...]:
        return self.place, self.id, self.event_id, self.conflated, self.image, self.resumable

    @property
    def cursor(self) -> str | None:
        return str(self.place) if self.resumable else None
