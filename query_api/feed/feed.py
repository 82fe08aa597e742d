"""The change feed's reader: one thread per process, from the present on, without gap or repeat."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from odds.adapters.telemetry.logs import fields
from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.change_log import BATCH, ChangeLog
from query_api.feed.feed_connection import FeedConnection

IDLE_POLL = 1.0
"""Seconds between looks where no notification comes."""
HELD_BACK_POLL = 0.02
"""Seconds between looks while committed changes wait for an older transaction to end: their
notification has gone by, and the end of that transaction need not bring another."""
STALE_AFTER = 5.0
"""Seconds without a successful look after which the feed counts as stopped."""
_RETRY_FIRST, _RETRY_MOST = 0.1, 5.0

_log = logging.getLogger(__name__)


class Follower(Protocol):
    """Who takes what the feed reads; each method returns once it is taken."""

    def hear(self) -> None:
        """Something may have been logged, changes or not; the feed has not read it yet."""

    def begin(self, at: Cursor) -> None:
        """The feed goes on after ``at``; another place than that of the last change means that
        the read model was made anew."""

    def publish(self, changes: Sequence[Change]) -> None: ...


class Feed:
    """Follows the change log, and publishes each batch before it reads the next.

    The cursor moves once a batch has been taken, and outlives a lost connection. It is good for one
    generation of the read model. The feed begins ``replayed`` changes ago, so that who comes from
    another process finds in this one's memory what it has missed.
    """

    def __init__(self, database_url: str, replayed: int) -> None:
        self._database_url = database_url
        self._replayed = replayed
        self._cursor: Cursor | None = None
        self._started = False
        self._looked_at = float("-inf")
        self._complete_until: float | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, follower: Follower) -> None:
        self._thread = threading.Thread(
            target=self._run, args=[follower], name="change-feed", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return once the thread has ended; takes up to ``IDLE_POLL`` seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def started(self) -> bool:
        """Whether the feed has come to the present: who joins now gets what comes from now on."""
        return self._started

    @property
    def current(self) -> bool:
        """Whether PostgreSQL was read successfully within ``STALE_AFTER`` seconds."""
        return time.monotonic() - self._looked_at < STALE_AFTER

    @property
    def behind(self) -> float | None:
        """Seconds: what projectors had taken so long ago has been published for sure. Grows while
        PostgreSQL is away, changes are held back, or no projector gives a sign of life; None
        before anything is known."""
        until = self._complete_until
        return None if until is None else max(0.0, time.monotonic() - until)

    def _run(self, follower: Follower) -> None:
        retry = _RETRY_FIRST
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                with FeedConnection(self._database_url) as connection:
                    self._follow(connection, follower)
            except Exception as error:  # A feed that ends would look like a quiet market.
                if time.monotonic() - began > STALE_AFTER:
                    retry = _RETRY_FIRST
                _log.warning(
                    "change feed interrupted", extra=fields(error=str(error), again_in=retry)
                )
                self._stopping.wait(retry)
                retry = min(retry * 2, _RETRY_MOST)

    def _follow(self, connection: FeedConnection, follower: Follower) -> None:
        log = connection.log
        if self._cursor is None:
            self._begin(log.before(log.horizon(), self._replayed), follower)
        while not self._stopping.is_set():
            follower.hear()
            read_all = self._read_on(log, follower)
            self._started = self._started or read_all
            more = self._look_ahead(log, follower)
            if read_all:
                # Committed changes that are not settled yet are held back.
                connection.wait_for_news(HELD_BACK_POLL if more else IDLE_POLL)

    def _begin(self, cursor: Cursor, follower: Follower) -> None:
        _log.info("change feed follows from %s", cursor)
        follower.begin(cursor)
        self._cursor = cursor

    def _read_on(self, log: ChangeLog, follower: Follower) -> bool:
        """Publish the next batch of what is settled; says whether that was all."""
        assert self._cursor is not None
        changes = log.after(self._cursor)
        if changes:
            follower.publish(changes)
            self._cursor = changes[-1].place
        return len(changes) < BATCH

    def _look_ahead(self, log: ChangeLog, follower: Follower) -> bool:
        """See how far the feed has come; says whether more follows, be it of another generation."""
        assert self._cursor is not None
        state = log.state(self._cursor)
        self._looked_at = time.monotonic()
        if state.generation != self._cursor.generation:
            _log.warning("the read model was made anew: readers get an image of it")
            self._begin(log.horizon(), follower)
            return True
        self._complete_until = self._looked_at - max(state.silent, state.waiting or 0.0)
        return state.waiting is not None
