"""Where replays are kept: Datastore kind ``Replay``, one entity each, changed in transactions."""

from collections.abc import Callable

import msgspec
from google.cloud.datastore_v1.types import Entity

from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.ranges import Message, Range
from replayer.replay import Replay, State

KIND = "Replay"
LISTED = 100
LEASE = 10_000_000
"""Microseconds after which a worker that was not heard of counts as dead."""

_Entity = Entity.pb()
_decoder = msgspec.json.Decoder(Replay)


class NoSuchReplay(LookupError):
    """There is no replay of this id."""


class ReplayTaken(RuntimeError):
    """Another worker has the replay, or it is over."""


class Replays:
    """The replays that were asked for, each the one worker's that has taken it.

    Every method raises EventStoreUnavailable.
    """

    def __init__(self, datastore: Datastore, clock: Callable[[], int]) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._datastore = datastore
        self._clock = clock

    def add(self, replay: Replay) -> None:
        self._datastore.upsert(self._entity(replay))

    def get(self, replay_id: str) -> Replay:
        """Raises NoSuchReplay."""
        found = self._datastore.lookup([self._datastore.key(KIND, replay_id)])
        if not found:
            raise NoSuchReplay(replay_id)
        return _replay(found[0])

    def newest(self) -> list[Replay]:
        """The last ``LISTED`` replays, the newest first."""
        every = Range(KIND, "CreatedAt", above="", below="~")
        page = self._datastore.query(every, LISTED, descending=True)
        return [_replay(entity) for entity in page.entities]

    def ping(self) -> None:
        self._datastore.lookup([self._datastore.key(KIND, "none")])

    def take(self, replay_id: str, owner: str) -> Replay:
        """Make it the worker's. Raises NoSuchReplay, or ReplayTaken: the lease of a worker that
        was killed ends by itself."""

        def taken(replay: Replay) -> Replay:
            now = self._clock()
            if replay.state.over:
                raise ReplayTaken(f"replay {replay_id} is {replay.state}")
            if replay.owner != owner and self._is_worked_on(replay):
                raise ReplayTaken(f"replay {replay_id} is being run by {replay.owner}")
            return msgspec.structs.replace(
                replay,
                state=State.RUNNING,
                owner=owner,
                seen_at=now,
                started_at=replay.started_at or now,
                taken_at=now,
                done_before=replay.done,
            )

        return self.change(replay_id, taken)

    def keep(self, replay: Replay) -> Replay:
        """Write what the worker has done. Raises ReplayTaken where it isn't the worker's now."""

        def kept(current: Replay) -> Replay:
            # An end whose answer was lost is kept again.
            is_over = current.state.over and current.ended_at != replay.ended_at
            if current.owner != replay.owner or is_over:
                raise ReplayTaken(f"replay {replay.replay_id} was taken over or ended")
            return msgspec.structs.replace(
                replay, seen_at=self._clock(), cancelling=current.cancelling
            )

        return self.change(replay.replay_id, kept)

    def touch(self, replay: Replay) -> Replay:
        """Renew the worker's lease, and leave all else as it is kept. Raises NoSuchReplay, or
        ReplayTaken where it isn't the worker's now, or is over."""

        def touched(current: Replay) -> Replay:
            if current.owner != replay.owner or current.state is not State.RUNNING:
                raise ReplayTaken(f"replay {replay.replay_id} was taken over or ended")
            return msgspec.structs.replace(current, seen_at=self._clock())

        return self.change(replay.replay_id, touched)

    def cancel(self, replay_id: str) -> Replay:
        """Ask the worker to stop, or stop it where no worker has it. Raises NoSuchReplay."""

        def cancelled(replay: Replay) -> Replay:
            now = self._clock()
            if replay.state.over:
                return replay
            if self._is_worked_on(replay):
                return msgspec.structs.replace(replay, cancelling=True)
            return msgspec.structs.replace(replay, state=State.CANCELLED, ended_at=now)

        return self.change(replay_id, cancelled)

    def give_up(self, replay_id: str, owner: str) -> Replay:
        """End it as cancelled, as its worker was interrupted; unless it is over, or another
        worker's. Raises NoSuchReplay."""

        def given_up(replay: Replay) -> Replay:
            if replay.state.over or replay.owner not in (None, owner):
                return replay
            return msgspec.structs.replace(replay, state=State.CANCELLED, ended_at=self._clock())

        return self.change(replay_id, given_up)

    def reopen(self, replay_id: str) -> Replay:
        """Let a replay go on that failed, was cancelled, or whose worker died.

        Raises NoSuchReplay, or ReplayTaken where it is finished or a worker has it.
        """

        def reopened(replay: Replay) -> Replay:
            if replay.state is State.FINISHED:
                raise ReplayTaken(f"replay {replay_id} is finished")
            if not replay.state.over and self._is_worked_on(replay):
                raise ReplayTaken(f"replay {replay_id} is being run by {replay.owner}")
            return msgspec.structs.replace(
                replay,
                state=State.QUEUED,
                owner=None,
                cancelling=False,
                ended_at=None,
                trouble=None,
            )

        return self.change(replay_id, reopened)

    def change(self, replay_id: str, changed: Callable[[Replay], Replay]) -> Replay:
        """Raises NoSuchReplay, and what ``changed`` raises."""
        results: list[Replay] = []

        def entity(found: Message | None) -> Message:
            if found is None:
                raise NoSuchReplay(replay_id)
            results.append(changed(_replay(found)))
            return self._entity(results[-1])

        self._datastore.change(self._datastore.key(KIND, replay_id), entity)
        return results[-1]

    def _is_worked_on(self, replay: Replay) -> bool:
        return replay.owner is not None and self._clock() - replay.seen_at < LEASE

    def _entity(self, replay: Replay) -> Message:
        entity = _Entity(key=self._datastore.key(KIND, replay.replay_id))
        # A string, as all that is indexed here is; there are few enough for one growing end.
        entity.properties["CreatedAt"].string_value = f"{replay.created_at:020}"
        entity.properties["Document"].string_value = msgspec.json.encode(replay).decode()
        entity.properties["Document"].exclude_from_indexes = True
        return entity


def _replay(entity: Message) -> Replay:
    return _decoder.decode(entity.properties["Document"].string_value)
