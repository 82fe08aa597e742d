"""Shadow tables put in the place of those that are served."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import FEED_CHANNEL
from odds.adapters.telemetry.logs import fields
from replayer.recovery.shadow import SERVED, TABLES, ShadowTables

ATTEMPTS = 20
LOCK_TIMEOUT = "3s"
"""How long a swap waits for readers and projectors, and makes others wait behind it."""

_NEXT_GENERATION = """
UPDATE read_model_generation SET generation = gen_random_uuid(), made_at = now()
RETURNING generation
"""

_log = logging.getLogger(__name__)

T = TypeVar("T")


def swap(
    engine: Engine,
    shadow: ShadowTables,
    *,
    before: Callable[[Connection], T],
    after: Callable[[], object],
) -> tuple[T, str]:
    """Swap in one transaction, which is tried again where a lock can't be had.

    ``before`` runs in it once projectors wait, and may raise to leave all as it is; ``after`` runs
    before it commits. Returns what ``before`` did, and the new generation.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with engine.begin() as connection:
                return _swap_once(connection, shadow, before, after)
        except DBAPIError as error:
            if not _is_of_locks(error) or attempt == ATTEMPTS:
                raise
            _log.warning("swap waits for a lock", extra=fields(attempt=attempt))
    raise AssertionError("unreachable")


def _swap_once(
    connection: Connection,
    shadow: ShadowTables,
    before: Callable[[Connection], T],
    after: Callable[[], object],
) -> tuple[T, str]:
    """Projectors wait from the first lock on, and go on with the new tables; readers wait for the
    moving alone."""
    served = ", ".join(f"{SERVED}.{table}" for table in TABLES)
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"LOCK TABLE {served} IN SHARE ROW EXCLUSIVE MODE"))
    prepared = before(connection)
    shadow.replace_served(connection)
    generation = connection.scalar(text(_NEXT_GENERATION))
    after()
    connection.execute(select(func.pg_notify(FEED_CHANNEL, "")))
    return prepared, str(generation)


def _is_of_locks(error: DBAPIError) -> bool:
    """lock_not_available or deadlock_detected (PostgreSQL manual, appendix A)."""
    return postgres.sqlstate(error.orig) in ("55P03", "40P01")
