"""The change feed's reader: one thread per process, from the present on, without gap or repeat."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from query_api.change import Change, Cursor
from query_api.change_log import BATCH, ChangeLog
from query_api.feed_connection import FeedConnection

IDLE_POLL = 1.0
"""Seconds between looks where no notification comes."""
HELD_BACK_POLL = 0.02
"""Seconds between looks while committed changes wait for an older transaction to end: their
notification has gone by, and the end of that transaction need not bring another."""
STALE_AFTER = 5.0
"""Seconds without a successful look after which the feed counts as stopped."""
_RETRY_FIRST, _RETRY_MOST = 0.1, 5.0

_log = logging.getLogger(__name__)


Publish = Callable[[Sequence[Change]], None]
"""Takes a batch of changes; returns once they are taken."""


class Feed:
    """Follows the change log, and publishes each batch before it reads the next.

    The cursor moves once a batch has been taken, and outlives a lost connection. It is good for one
    generation of the read model: after a rebuild every reader gets the newest state of all odds.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._cursor: Cursor | None = None
        self._generation: UUID | None = None
        self._looked_at = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, publish: Publish) -> None:
        self._thread = threading.Thread(
            target=self._run, args=[publish], name="change-feed", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return once the thread has ended; takes up to ``IDLE_POLL`` seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def started(self) -> bool:
        """Whether the feed has its place: no change committed from now on can be missed."""
        return self._cursor is not None

    @property
    def current(self) -> bool:
        """Whether PostgreSQL was read successfully within ``STALE_AFTER`` seconds."""
        return time.monotonic() - self._looked_at < STALE_AFTER

    def _run(self, publish: Publish) -> None:
        retry = _RETRY_FIRST
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                with FeedConnection(self._database_url) as connection:
                    self._follow(connection, publish)
            except Exception as error:  # A feed that ends would look like a quiet market.
                if time.monotonic() - began > STALE_AFTER:
                    retry = _RETRY_FIRST
                _log.warning("change feed interrupted, again in %.1f s: %s", retry, error)
                self._stopping.wait(retry)
                retry = min(retry * 2, _RETRY_MOST)

    def _follow(self, connection: FeedConnection, publish: Publish) -> None:
        log = connection.log
        if self._cursor is None:
            self._generation = log.state(Cursor(0, 0)).generation
            self._cursor = log.horizon()
        _log.info("change feed follows from %d/%d", *self._cursor)
        while not self._stopping.is_set():
            self._read_on(log, publish)
            state = log.state(self._cursor)
            if state.generation != self._generation:
                self._begin_anew(log, state.generation, publish)
            self._looked_at = time.monotonic()
            # Committed changes that are not settled yet are held back.
            connection.wait_for_news(HELD_BACK_POLL if state.more else IDLE_POLL)

    def _read_on(self, log: ChangeLog, publish: Publish) -> None:
        """Publish all that is settled."""
        while self._cursor is not None and not self._stopping.is_set():
            changes = log.after(self._cursor)
            if changes:
                publish(changes)
                self._cursor = changes[-1].cursor
            if len(changes) < BATCH:
                break

    def _begin_anew(self, log: ChangeLog, generation: UUID, publish: Publish) -> None:
        """Show all odds as they are: what the old log had last may never have been read."""
        _log.warning("the read model was made anew: readers get an image of it")
        cursor = log.horizon()
        for changes in log.image():
            publish(changes)
        self._cursor, self._generation = cursor, generation
