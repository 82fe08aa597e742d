"""The change feed as PostgreSQL holds it: ``odds_event_log`` in the order of its cursor.

Overlapping transactions make rows visible out of order. A row counts as settled once every
transaction that began before its own has ended; only settled rows are read (design, rule 6).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from pg8000.native import Connection, PreparedStatement

from query_api.change import Change, Cursor

BATCH = 500
"""Rows per read."""

_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())"

_SETTLED = f"""
SELECT xid, id, event_id, odds_id, external_id, provider, game_id, game_type,
       home, away, draw, deleted, odds_created_at, odds_updated_at
FROM odds_event_log
WHERE outcome = 'applied'
  AND (xid, id) > (CAST(:xid AS xid8), CAST(:id AS bigint))
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, id
LIMIT {BATCH}
"""

_STATE = """
SELECT
    EXISTS (
        SELECT FROM odds_event_log
        WHERE outcome = 'applied' AND (xid, id) > (CAST(:xid AS xid8), CAST(:id AS bigint))
    ),
    generation
FROM read_model_generation
"""

_IMAGE = f"""
SELECT 0, 0, updated_event_id, id, external_id, provider, game_id, game_type,
       home, away, draw, deleted, created_at, updated_at
FROM odds
WHERE id > :id AND created_at IS NOT NULL
  AND (NOT deleted OR updated_at > 1000000 * extract(epoch FROM now() - interval '1 day'))
ORDER BY id
LIMIT {BATCH}
"""
"""Readers learn that odds were deleted from a change: those of the last day may be news to them."""


class State(NamedTuple):
    """``more`` tells whether committed changes follow, settled or not.

    Another ``generation`` means that the read model was made anew, and the log before it is gone.
    """

    more: bool
    generation: UUID


class ChangeLog:
    """Reads the log over one connection, each read a transaction of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._settled: PreparedStatement = connection.prepare(_SETTLED)
        self._state: PreparedStatement = connection.prepare(_STATE)
        self._image: PreparedStatement = connection.prepare(_IMAGE)

    def horizon(self) -> Cursor:
        """The present: after all that is settled, before all that is not.

        Row ids begin at 1, so no row of the oldest transaction still open lies behind it.
        """
        [[xid]] = self._connection.run(_HORIZON)
        return Cursor(int(xid), 0)

    def after(self, cursor: Cursor) -> list[Change]:
        """The settled changes that follow, at most ``BATCH``."""
        return [_change(row) for row in self._settled.run(xid=str(cursor.xid), id=cursor.id)]

    def state(self, cursor: Cursor) -> State:
        """What there is to know of the log beyond the changes themselves."""
        [[more, generation]] = self._state.run(xid=str(cursor.xid), id=cursor.id)
        return State(bool(more), generation)

    def image(self) -> Iterator[list[Change]]:
        """All odds as they are now, page by page, each in place of changes that are not told."""
        last = 0
        while rows := self._image.run(id=last):
            page = [msgspec.structs.replace(_change(row), conflated=True) for row in rows]
            last = page[-1].id
            yield page


def _change(row: list[Any]) -> Change:
    (xid, log_id, event_id, odds_id, external_id, provider, game_id, game_type,
     home, away, draw, deleted, created_at, updated_at) = row  # fmt: skip
    return Change(
        cursor=Cursor(int(xid), log_id),
        event_id=event_id,
        id=odds_id,
        external_id=external_id,
        provider=provider,
        game_id=game_id,
        game_type=game_type,
        home=home,
        away=away,
        draw=draw,
        deleted=deleted,
        created_at=created_at,
        updated_at=updated_at,
    )
