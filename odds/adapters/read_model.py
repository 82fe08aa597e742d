"""The read model in PostgreSQL, and the projection of events into it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import PreparedStatement
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from odds.adapters.projection_sql import PROJECT_BATCH
from odds.event import Event
from odds.fold import Outcome

_PREPARED = "project_batch"


class ReadModelUnavailable(Exception):
    """PostgreSQL could not be reached, or did not take the batch; nothing of it was applied."""


class BatchRefused(Exception):
    """PostgreSQL can't hold what one of the events says; nothing of the batch was applied."""


class ReadModel:
    """Tables ``odds`` and ``odds_event_log``, as the projector writes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def project(self, events: Sequence[Event]) -> dict[UUID, Outcome]:
        """Apply events in one transaction, in their order, and wake the change feed.

        Returns the outcome of each event that was not in the log before: one that comes again
        changes nothing. Raises ReadModelUnavailable or BatchRefused.
        """
        batch = list({event.event_id: event for event in events}.values())
        try:
            rows = self._run(_columns(batch))
        except (DatabaseError, InterfaceError, DBAPIError, PoolTimeoutError, OSError) as error:
            failure = BatchRefused if _is_of_the_data(error) else ReadModelUnavailable
            raise failure(f"projection failed: {error}") from error
        return {UUID(event_id): Outcome(outcome) for event_id, outcome in rows}

    def ping(self) -> None:
        """Raises ReadModelUnavailable where PostgreSQL doesn't answer or has no schema yet."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("SELECT FROM odds_event_log LIMIT 0")
        except (DBAPIError, InterfaceError, PoolTimeoutError, OSError) as error:
            raise ReadModelUnavailable(str(error)) from error

    def close(self) -> None:
        self._engine.dispose()

    def _run(self, columns: dict[str, str]) -> list[list[str]]:
        connection = self._engine.raw_connection()
        try:
            rows: list[list[str]] = _prepared(connection).run(**columns)
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return rows


def _is_of_the_data(error: Exception) -> bool:
    """SQLSTATE classes 22 and 23: data exceptions and constraints (PostgreSQL manual, app. A)."""
    facts = error.args[0] if isinstance(error, DatabaseError) and error.args else None
    return isinstance(facts, dict) and str(facts.get("C", "")).startswith(("22", "23"))


def _prepared(connection: PoolProxiedConnection) -> PreparedStatement:
    """The statement, prepared once per connection; run outside BEGIN, it commits by itself."""
    statement = connection.info.get(_PREPARED)
    if statement is None:
        statement = PreparedStatement(connection.driver_connection, PROJECT_BATCH)
        connection.info[_PREPARED] = statement
    return statement


def _columns(events: Sequence[Event]) -> dict[str, str]:
    """The batch as one array literal per column: half of the time that lists take to send."""
    prices = [event.command.payload.money_line for event in events]
    return {
        "event_id": _array(event.event_id for event in events),
        "command": _array(event.command.command for event in events),
        "occurred_at": _array(event.occurred_at for event in events),
        "created_at": _array(event.created_at for event in events),
        "external_id": _array(event.external_id for event in events),
        "provider": _array(_quoted(event.command.provider) for event in events),
        "game_id": _array(_quoted(event.command.payload.game_id) for event in events),
        "game_type": _array(_quoted(event.game_type) for event in events),
        "home": _array(price and price.home for price in prices),
        "away": _array(price and price.away for price in prices),
        "draw": _array(price and price.draw for price in prices),
    }


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _quoted(text: str) -> str:
    """An array element that may hold anything (PostgreSQL manual, 8.15.6)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
