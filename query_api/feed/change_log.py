"""The change feed as PostgreSQL holds it: ``odds_event_log`` in the order of its cursor.

Overlapping transactions make rows visible out of order. A row counts as settled once every
transaction that began before its own has ended; only settled rows are read (design, rule 6).
"""

from typing import NamedTuple

from pg8000.dbapi import Connection
from pg8000.native import PreparedStatement

from query_api.cursor import Cursor, name
from query_api.feed.change import Change
from query_api.feed.change_row import changes_of

BATCH = 500
"""Rows per read."""

_PRESENT = """
SELECT generation, pg_snapshot_xmin(pg_current_snapshot()) FROM read_model_generation
"""

_BACK = """
SELECT xid, id FROM odds_event_log
WHERE outcome = 'applied' AND xid < CAST(:horizon AS xid8)
ORDER BY odds_event_log.xid DESC, id DESC
OFFSET CAST(:rows AS bigint) LIMIT 1
"""

_IS_WHOLE = "SELECT EXISTS (SELECT FROM odds_event_log WHERE id = 1)"
"""Whether it has the first row that there ever was."""

_SETTLED = f"""
SELECT xid, id, event_id, odds_id, external_id, provider, game_id, game_type,
       home, away, draw, deleted, odds_created_at, odds_updated_at, traceparent, projected_at
FROM odds_event_log
WHERE outcome = 'applied'
  AND (xid, id) > (CAST(:xid AS xid8), CAST(:id AS bigint))
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND (SELECT left(replace(generation::text, '-', ''), 12) FROM read_model_generation) = :generation
ORDER BY xid, id
LIMIT {BATCH}
"""

_STATE = """
SELECT
    (
        SELECT extract(epoch FROM clock_timestamp()) - projected_at / 1000000.0
        FROM odds_event_log
        WHERE outcome = 'applied' AND (xid, id) > (CAST(:xid AS xid8), CAST(:id AS bigint))
        ORDER BY xid, id
        LIMIT 1
    ),
    generation,
    extract(epoch FROM clock_timestamp() - beaten_at)
FROM read_model_generation, projector_heartbeat
"""


class State(NamedTuple):
    """How the log goes on: ``waiting`` tells how many seconds ago the next committed change was
    taken, settled or not, and None where none follows; ``silent`` how many seconds ago a projector
    last gave a sign of life.

    Another ``generation`` means that the read model was made anew, and the log before it is gone.
    """

    waiting: float | None
    generation: str
    silent: float


class ChangeLog:
    """Reads the log over one connection, each read a transaction of its own."""

    def __init__(self, connection: Connection) -> None:
        self._present = PreparedStatement(connection, _PRESENT)
        self._back = PreparedStatement(connection, _BACK)
        self._is_whole = PreparedStatement(connection, _IS_WHOLE)
        self._settled = PreparedStatement(connection, _SETTLED)
        self._state = PreparedStatement(connection, _STATE)

    def horizon(self) -> Cursor:
        """The present: after all that is settled, before all that is not.

        Row ids begin at 1, so no row of the oldest transaction still open lies behind it.
        """
        [[generation, xid]] = self._present.run()
        return Cursor(name(generation), int(xid), 0)

    def before(self, horizon: Cursor, changes: int) -> Cursor:
        """The place so many changes before ``horizon``, or as far back as the log reaches."""
        back = {"horizon": str(horizon.xid), "rows": changes}
        if rows := self._back.run(**back):
            [[xid, id_]] = rows
            return Cursor(horizon.generation, int(xid), id_)
        [[is_whole]] = self._is_whole.run()
        return Cursor(horizon.generation, 0, 0) if is_whole else horizon

    def after(self, cursor: Cursor) -> list[Change]:
        """The settled changes that follow, at most ``BATCH``; none of another generation."""
        place = {"xid": str(cursor.xid), "id": cursor.id, "generation": cursor.generation}
        return changes_of(self._settled.run(**place), cursor.generation)

    def state(self, cursor: Cursor) -> State:
        """What there is to know of the log beyond the changes themselves."""
        [[waiting, generation, silent]] = self._state.run(xid=str(cursor.xid), id=cursor.id)
        return State(None if waiting is None else float(waiting), name(generation), float(silent))
