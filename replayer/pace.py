"""When each event of a replay is due. Times in seconds of the monotonic clock."""

from replayer.replay import ReplayRequest

MADE_UP = 1.0
"""Seconds of its rate that a replay makes up for after a delay: whoever limits it means it."""


class Pace:
    """The pace of a replay, from its first event on; a worker that goes on counts from the event
    where it does. A dry run has none: nothing could come too fast."""

    def __init__(self, request: ReplayRequest, now: float) -> None:
        self._rate = None if request.dry_run else request.rate
        self._speed = None if request.dry_run else request.speed
        self._began = self._next = now
        self._first_at: int | None = None

    def due(self, created_at: int, now: float) -> float:
        """When the next event is to be published; ``created_at`` in microseconds."""
        if self._first_at is None:
            self._first_at = created_at
        due = self._began
        if self._speed is not None:
            due += (created_at - self._first_at) / 1e6 / self._speed
        if self._rate is not None:
            due = max(due, self._next, now - MADE_UP)
            self._next = due + 1 / self._rate
        return due
