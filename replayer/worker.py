"""The replay worker: reads the event store by time and publishes what it reads.

It keeps its place once a second. A worker that is killed has then published up to a second more
than it kept; that is published again, which changes nothing (design, rule 3).
"""

import logging
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec

from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.event_store.event_reader import EventReader, StoredEvent, place_of_time
from odds.adapters.telemetry.logs import fields
from odds.event_bus import EventBus
from replayer import facts
from replayer.facts import EventFacts, NoRoute
from replayer.lease import Lease
from replayer.outlet import Outgoing, Outlet, Refused
from replayer.pace import Pace
from replayer.replay import Progress, Replay, State
from replayer.replays import Replays

CHUNK = 2000
"""Messages published together; the next ones are published once all of these are taken."""
KEEP_EVERY = 1.0
"""Seconds between writes of the place, and the longest wait for a cancellation to be seen."""
PATIENCE = 600.0
"""Seconds without progress after which a replay whose bus or store is away has failed."""
_RETRY_FIRST, _RETRY_MOST = 0.5, 15.0

_log = logging.getLogger(__name__)

Told = Callable[[Replay], object]


class Cancelled(Exception):
    """Somebody asked the replay to stop."""


class Worker:
    """Runs one replay that it has taken."""

    def __init__(
        self,
        replay: Replay,
        replays: Replays,
        source: EventReader,
        outlet: Outlet,
        bus: EventBus,
        *,
        clock: Callable[[], int],
        told: Told = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        """``clock`` tells microseconds since the epoch; ``told`` is called with each step kept."""
        self._replay = replay
        self._request = replay.request
        self._replays = replays
        self._source = source
        self._outlet = outlet
        self._bus = bus
        self._lease = Lease(replays, replay)
        self._clock = clock
        self._told = told
        self._patience = patience
        self._read: Progress = replay.progress
        self._chunk: list[Outgoing] = []
        self._kept_at = self._progressed_at = time.monotonic()
        self._kept_published = replay.progress.published

    def run(self) -> Replay:
        """Replay to the end. Returns how it ended; raises ReplayTaken where another worker has
        it, EventStoreUnavailable where its place can't be kept any more."""
        with self._lease:
            return self._to_the_end()

    def _to_the_end(self) -> Replay:
        retry = _RETRY_FIRST
        while not self._replay.cancelling:
            before = self._replay.progress.place
            try:
                self._publish_all()
            except (EventBusUnavailable, EventStoreUnavailable) as error:
                if self._replay.progress.place != before:
                    retry = _RETRY_FIRST
                if time.monotonic() - self._progressed_at > self._patience:
                    return self._end(State.FAILED, trouble=str(error))
                self._wait_out(error, retry)
                retry = min(retry * 2, _RETRY_MOST)
            except Cancelled:
                break
            else:
                return self._end(State.FINISHED)
        return self._end(State.CANCELLED)

    def _publish_all(self) -> None:
        """Go on behind what the bus has taken for certain."""
        self._read, self._chunk = self._replay.progress, []
        if self._replay.last_at is None:
            self._change(last_at=self._source.newest(place_of_time(self._request.end)))
        pace = Pace(self._request, time.monotonic())
        for stored in self._events():
            asked_for = self._look_at(stored)
            if asked_for is not None:
                self._wait_until(pace.due(stored.created_at, time.monotonic()))
                self._chunk.append(self._outgoing(stored, asked_for))
            self._count(stored, asked_for)
            if len(self._chunk) == CHUNK or time.monotonic() - self._kept_at > KEEP_EVERY:
                self._flush()
        self._flush()

    def _events(self) -> Iterator[StoredEvent]:
        after = self._replay.progress.place or place_of_time(self._request.start)
        before = place_of_time(self._request.end)
        if self._request.external_id is None:
            return self._source.by_time(after, before)
        return self._source.of_odds(UUID(self._request.external_id), after, before)

    def _look_at(self, stored: StoredEvent) -> EventFacts | None:
        if self._replay.first_at is None:
            self._change(first_at=stored.created_at)
        try:
            found = facts.read(stored.data)
        except NoRoute as error:
            _log.error("event not replayed", extra=fields(event=stored.place, reason=str(error)))
            self._read = self._read.with_error(f"{stored.event_id}: {error}")
            return None
        return found if self._request.wants(found) else None

    def _count(self, stored: StoredEvent, asked_for: EventFacts | None) -> None:
        self._read = msgspec.structs.replace(
            self._read,
            place=stored.place,
            read=self._read.read + 1,
            published=self._read.published + (asked_for is not None),
        )

    def _outgoing(self, stored: StoredEvent, found: EventFacts) -> Outgoing:
        route = self._bus.route(found.velocity, found.domain, found.game_type, found.game_id)
        if self._request.topic is not None:
            route = route._replace(topic=self._request.topic)
        return Outgoing(route, stored.data, found.attributes() | {"replay": self._replay.replay_id})

    def _wait_until(self, due: float) -> None:
        """Publish what is due before, and keep telling that we live."""
        while (wait := due - time.monotonic()) > 0:
            self._flush()
            time.sleep(min(wait, KEEP_EVERY))

    def _flush(self) -> None:
        """Publish what was read and, once a second, keep the place behind it."""
        if self._chunk and not self._request.dry_run:
            for refused in self._outlet.publish(self._chunk):
                self._leave_out(refused)
        self._chunk = []
        self._change(progress=self._read)
        self._progressed_at = time.monotonic()
        if self._progressed_at - self._kept_at > KEEP_EVERY:
            self._keep()

    def _leave_out(self, refused: Refused) -> None:
        event_id = refused.message.attributes["event_id"]
        _log.error("event refused", extra=fields(event=event_id, reason=refused.reason))
        read = msgspec.structs.replace(self._read, published=self._read.published - 1)
        self._read = read.with_error(f"{event_id}: {refused.reason}")

    def _keep(self) -> None:
        now = time.monotonic()
        published = self._read.published - self._kept_published
        self._change(rate=published / (now - self._kept_at), trouble=None)
        self._write()
        self._kept_at, self._kept_published = now, self._read.published
        self._told(self._replay)
        if self._replay.cancelling:
            raise Cancelled

    def _write(self) -> None:
        self._replay = self._replays.keep(self._replay)
        self._lease.kept()

    def _wait_out(self, error: Exception, seconds: float) -> None:
        _log.warning("replay waits", extra=fields(replay=self._replay.replay_id, error=str(error)))
        self._change(trouble=str(error), rate=0.0)
        try:
            self._write()
        except EventStoreUnavailable:
            _log.warning("the replay's place can't be kept: Datastore is away")
        self._told(self._replay)
        time.sleep(seconds)

    def _end(self, state: State, trouble: str | None = None) -> Replay:
        self._change(state=state, ended_at=self._clock(), rate=0.0, trouble=trouble)
        self._keep_the_end()
        self._told(self._replay)
        progress = self._replay.progress
        _log.info(
            "replay ended",
            extra=fields(
                replay=self._replay.replay_id,
                state=state,
                read=progress.read,
                published=progress.published,
                failed=progress.failed,
            ),
        )
        return self._replay

    def _keep_the_end(self) -> None:
        """Ask Datastore as patiently as while there was something to publish."""
        deadline = time.monotonic() + self._patience
        retry = _RETRY_FIRST
        while True:
            try:
                self._write()
                return
            except EventStoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                _log.warning("the replay's end can't be kept: Datastore is away")
                time.sleep(retry)
                retry = min(retry * 2, _RETRY_MOST)

    def _change(self, **changes: object) -> None:
        self._replay = msgspec.structs.replace(self._replay, **changes)
