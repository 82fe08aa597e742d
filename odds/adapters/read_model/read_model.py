"""The read model in PostgreSQL, and the projection of events into it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import PreparedStatement
from sqlalchemy import Engine, func, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from odds.adapters.read_model import postgres
from odds.adapters.read_model.projection_sql import PROJECT_BATCH
from odds.adapters.read_model.tables import projector_heartbeat
from odds.adapters.telemetry.logs import fields
from odds.event import Event
from odds.fold import Outcome

_PREPARED = "project_batch"

_LOST = (InterfaceError, DBAPIError, OSError)
"""What pg8000 and the pool raise where a connection can't be made, or breaks."""

_TRANSIENT = (
    "08",  # connection exceptions
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53300",  # too many connections
    "57P",  # the server was told to end, has crashed, or is starting
)
"""SQLSTATEs that may pass (PostgreSQL manual, appendix A)."""

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}

_log = logging.getLogger(__name__)


class ReadModelUnavailable(Exception):
    """PostgreSQL could not be reached, or did not take the batch; nothing of it was applied."""


class BatchRefused(Exception):
    """PostgreSQL can't hold what one of the events says; nothing of the batch was applied.

    It says why in the same words however often it is asked.
    """


class ReadModel:
    """Tables ``odds`` and ``odds_event_log``, as the projector writes them."""

    def __init__(self, engine: Engine, *, patience: float = 3.0) -> None:
        """``patience`` is for how many seconds a batch is tried again after what may pass."""
        self._engine = engine
        self._retry = Retry(
            predicate=_is_transient, initial=0.02, maximum=0.5, timeout=patience, on_error=_tell
        )

    def project(
        self, events: Sequence[Event], traceparents: Mapping[UUID, str] | None = None
    ) -> dict[UUID, Outcome]:
        """Apply events in one transaction, in their order, and wake the change feed, which finds
        the ``traceparents`` of events that are traced.

        Returns the outcome of each event that was not in the log before: one that comes again
        changes nothing. Raises ReadModelUnavailable or BatchRefused.
        """
        batch = {event.event_id.hex: event for event in events}
        try:
            told = self._retry(partial(self._run, _columns(batch, traceparents or {})))()
        except (DatabaseError, PoolTimeoutError, RetryError, *_LOST) as error:
            if _is_of_the_data(error):
                raise BatchRefused(f"PostgreSQL refuses it: {postgres.message(error)}") from error
            raise ReadModelUnavailable(f"projection failed: {error}") from error
        outcomes = (each.split(" ") for each in told.split(",")) if told else ()
        return {batch[event_id].event_id: _OUTCOMES[outcome] for event_id, outcome in outcomes}

    def ping(self) -> None:
        """Raises ReadModelUnavailable where PostgreSQL doesn't answer or has no schema yet."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("SELECT FROM odds_event_log LIMIT 0")
        except (DBAPIError, InterfaceError, PoolTimeoutError, OSError) as error:
            raise ReadModelUnavailable(str(error)) from error

    def beat(self) -> None:
        """Tell readers that a projector is alive. Raises ReadModelUnavailable."""
        now = update(projector_heartbeat).values(beaten_at=func.clock_timestamp())
        try:
            with self._engine.begin() as connection:
                connection.execute(now)
        except (DBAPIError, InterfaceError, PoolTimeoutError, OSError) as error:
            raise ReadModelUnavailable(str(error)) from error

    def close(self) -> None:
        """Close the connections that are open."""
        self._engine.dispose()

    def _run(self, columns: dict[str, str]) -> str:
        """Run once; a connection on which anything failed is not used again."""
        connection = self._engine.raw_connection()
        try:
            ((told,),) = _prepared(connection).run(**columns)
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return told or ""


def _is_transient(error: Exception) -> bool:
    return postgres.sqlstate(error).startswith(_TRANSIENT) or isinstance(error, _LOST)


def _tell(error: Exception) -> None:
    _log.warning("projection failed for now", extra=fields(error=str(error)))


def _is_of_the_data(error: Exception) -> bool:
    """SQLSTATE classes 22 and 23: data exceptions and constraints (PostgreSQL manual, app. A)."""
    return postgres.sqlstate(error).startswith(("22", "23"))


def _prepared(connection: PoolProxiedConnection) -> PreparedStatement:
    """The statement, prepared once per connection; run outside BEGIN, it commits by itself."""
    statement = connection.info.get(_PREPARED)
    if statement is None:
        statement = PreparedStatement(connection.driver_connection, PROJECT_BATCH)
        connection.info[_PREPARED] = statement
    return statement


def _columns(batch: Mapping[str, Event], traceparents: Mapping[UUID, str]) -> dict[str, str]:
    """The batch as one array literal per column: half of the time that lists take to send."""
    events = batch.values()
    prices = [event.command.payload.money_line for event in events]
    return {
        "event_id": _array(batch),
        "command": _array(event.command.command for event in events),
        "occurred_at": _array(event.occurred_at for event in events),
        "created_at": _array(event.created_at for event in events),
        "external_id": _array(event.external_id.hex for event in events),
        "provider": _array(_quoted(event.command.provider) for event in events),
        "game_id": _array(_quoted(event.command.payload.game_id) for event in events),
        "game_type": _array(_quoted(event.game_type) for event in events),
        "home": _array(price and price.home for price in prices),
        "away": _array(price and price.away for price in prices),
        "draw": _array(price and price.draw for price in prices),
        "traceparent": _array(traceparents.get(event.event_id) for event in events),
    }


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _quoted(text: str) -> str:
    """An array element that may hold anything (PostgreSQL manual, 8.15.6)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
