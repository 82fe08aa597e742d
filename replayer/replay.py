"""A replay: what was asked for, and how far it is. All times in microseconds since the epoch."""

from enum import StrEnum

import msgspec

from odds.command import EventVelocity
from replayer.facts import EventFacts

KEPT_ERRORS = 20
"""A replay remembers its last errors, however many there were."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which events go where. ``start`` is included, ``end`` is not; a filter that is None lets
    all through; ``rate`` is in events a second, ``speed`` in recorded seconds a second."""

    source: str
    target: str
    start: int = 0
    end: int
    game_id: str | None = None
    game_type: str | None = None
    provider: str | None = None
    external_id: str | None = None
    velocity: EventVelocity | None = None
    topic: str | None = None
    rate: float | None = None
    speed: float | None = None
    dry_run: bool = False

    def wants(self, facts: EventFacts) -> bool:
        return (
            self.game_id in (None, facts.game_id)
            and self.game_type in (None, facts.game_type)
            and self.provider in (None, facts.provider)
            and self.external_id in (None, facts.external_id)
            and self.velocity in (None, facts.velocity)
        )


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a replay is. ``place`` is that of the last event that needs not be read again;
    ``read`` counts the events up to there, ``failed`` those of them that no topic could be told
    for, or that the bus refused for good."""

    place: str = ""
    read: int = 0
    published: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()

    def with_error(self, error: str) -> "Progress":
        errors = (*self.errors, error)[-KEPT_ERRORS:]
        return msgspec.structs.replace(self, failed=self.failed + 1, errors=errors)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, and what became of it. ``owner`` is the worker that has it, ``taken_at``
    since when, ``done_before`` the part that was done by then, and ``seen_at`` when it was last
    heard of; ``last_at`` is the time of the last event there is, ``trouble`` what the worker waits
    for."""

    replay_id: str
    request: ReplayRequest
    state: State = State.QUEUED
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None
    taken_at: int | None = None
    done_before: float = 0.0
    owner: str | None = None
    seen_at: int = 0
    cancelling: bool = False
    first_at: int | None = None
    last_at: int | None = None
    rate: float = 0.0
    progress: Progress = Progress()
    trouble: str | None = None

    @property
    def done(self) -> float:
        """The part of the range's time that has been read, from 0 to 1."""
        if self.state is State.FINISHED:
            return 1.0
        if self.first_at is None or self.last_at is None or not self.progress.place:
            return 0.0
        span = max(self.last_at - self.first_at, 1)
        at = int(self.progress.place.partition("|")[0])
        return min(max((at - self.first_at) / span, 0.0), 1.0)

    def eta(self, now: int) -> float | None:
        """Seconds to go, as far as can be told from how far its worker has come till now."""
        newly_done = self.done - self.done_before
        if self.state is not State.RUNNING or self.taken_at is None or newly_done <= 0.0:
            return None
        return (now - self.taken_at) / 1e6 * (1.0 - self.done) / newly_done
