"""A worker's lease, renewed while the worker has nothing to keep: where the bus is away, say."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.telemetry.logs import fields
from replayer.replay import Replay
from replayer.replays import NoSuchReplay, Replays, ReplayTaken

RENEW_AFTER = 2.5
"""Seconds in which nothing was kept. With the time of a call, well inside ``replays.LEASE``."""

_log = logging.getLogger(__name__)


class Lease:
    """Says that a worker lives, from a thread, for as long as the context lasts."""

    def __init__(self, replays: Replays, replay: Replay) -> None:
        """``replay`` as the worker has taken it."""
        self._replays = replays
        self._replay = replay
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self.kept()

    def kept(self) -> None:
        """Whoever kept the replay was heard of by that."""
        self._due = time.monotonic() + RENEW_AFTER

    def _renew(self) -> None:
        while not self._over.wait(self._due - time.monotonic()):
            if self._due > time.monotonic():
                continue
            self.kept()
            try:
                self._replays.touch(self._replay)
            except (ReplayTaken, NoSuchReplay):
                return  # which the worker is told as well, where it keeps its place
            except EventStoreUnavailable as error:
                facts = fields(replay=self._replay.replay_id, error=str(error))
                _log.warning("lease not renewed", extra=facts)

    def __enter__(self) -> Self:
        self.kept()
        self._thread.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
