"""The way to the read model: each read once more where its connection had been lost."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from odds.adapters.read_model.postgres import sqlstate

T = TypeVar("T")

# SQLSTATE classes: connection exceptions, authorization (which IAM may be late with), resources,
# operator intervention.
_AWAY = ("08", "28", "53", "57")
_LOST = ("08", "57P")


class ReadModelAway(RuntimeError):
    """PostgreSQL can't be reached, or is too busy to answer in time."""


class Reader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        event.listen(engine, "handle_error", _judge)

    def read(self, read: Callable[[Connection], T]) -> T:
        """Reads again, once, where the connection had been lost while it waited in the pool.

        Raises ReadModelAway.
        """
        try:
            return self._read_once(read)
        except _ConnectionLost:
            return self._read_once(read)

    def _read_once(self, read: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return read(connection)
        except (PoolTimeoutError, OSError) as error:
            raise ReadModelAway(str(error)) from error
        except DBAPIError as error:
            if _says_away(error):
                raise ReadModelAway(str(error.orig)) from error
            raise


class _ConnectionLost(ReadModelAway):
    """A connection that had been open is no more: another may be had at once."""


def _judge(failure: ExceptionContext) -> _ConnectionLost | None:
    """Tell SQLAlchemy what it can't tell of pg8000's errors: which ones end the connection, and
    that a slow answer, unlike a lost connection, is no reason to give up the others as well."""
    error = failure.original_exception
    if isinstance(error, OSError) or sqlstate(error).startswith(_LOST):
        failure.is_disconnect = True
    if _timed_out(error):
        failure.invalidate_pool_on_disconnect = False
        return None
    lost = failure.is_disconnect and failure.connection is not None
    return _ConnectionLost(str(error)) if lost else None


def _timed_out(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)


def _says_away(error: DBAPIError) -> bool:
    """Whether the connection failed, or PostgreSQL says that it is going, full or not up yet, or
    lets nobody in."""
    return isinstance(error, InterfaceError) or sqlstate(error.orig).startswith(_AWAY)
