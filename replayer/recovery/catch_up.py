"""Events that were projected into the served tables and aren't in the shadow tables yet."""

from uuid import UUID

from sqlalchemy import Connection, text

from odds.adapters.event_store.event_reader import EventReader
from odds.adapters.read_model.read_model import ReadModel
from replayer.recovery.folding import Unreadable, readable
from replayer.recovery.shadow import SERVED, ShadowTables

BATCH = 500

_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_MISSING = """
SELECT served.event_id FROM {served}.odds_event_log AS served
LEFT JOIN {shadow}.odds_event_log AS made USING (event_id)
WHERE made.event_id IS NULL AND served.xid >= CAST(:horizon AS xid8)
ORDER BY served.xid, served.id
"""


class CatchUp:
    """Looks on from where it has looked to: what was in the served log by then is settled."""

    def __init__(
        self,
        shadow: ShadowTables,
        events: EventReader,
        read_model: ReadModel,
        unreadable: Unreadable,
    ) -> None:
        """``read_model`` projects into the shadow tables; ``unreadable`` are the events known to
        be so, and gets those that come."""
        self._missing = text(_MISSING.format(served=SERVED, shadow=shadow.schema))
        self._events = events
        self._read_model = read_model
        self._unreadable = unreadable
        self.horizon = "0"
        """Transaction id before which nothing is missing any more, but what can't be had."""
        self.projected = 0
        self.lost: set[UUID] = set()
        """In the served log, and not in the event store."""

    def step(self, connection: Connection) -> int:
        """Project what came since the last step, and say how much that was.

        Raises EventStoreUnavailable, ReadModelUnavailable or BatchRefused.
        """
        horizon = connection.scalar(text(_HORIZON))
        rows = connection.execute(self._missing, {"horizon": self.horizon})
        given_up = self.lost | self._unreadable.reasons.keys()
        missing = [event_id for event_id in rows.scalars() if event_id not in given_up]
        for start in range(0, len(missing), BATCH):
            self._project(missing[start : start + BATCH])
        self.horizon = str(horizon)
        return len(missing)

    def _project(self, event_ids: list[UUID]) -> None:
        found = {stored.event_id: stored for stored in self._events.of_ids(event_ids)}
        in_order = [found[event_id] for event_id in event_ids if event_id in found]
        events = list(readable(in_order, self._unreadable))
        if events:
            self._read_model.project(events)
        self.projected += len(events)
        self.lost.update(event_id for event_id in event_ids if event_id not in found)
