"""Reads of the read model."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, ExceptionContext, Row, event, func, select
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from odds.adapters.tables import odds
from query_api.odds_view import OddsPage, OddsView

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_PAGE_NO = 2**31 - 1

T = TypeVar("T")

_COLUMNS = [odds.c[name] for name in OddsView.__struct_fields__]
_VISIBLE = odds.c.created_at.is_not(None)

# SQLSTATE classes: connection exceptions, resources, operator intervention.
_AWAY = ("08", "53", "57")
_LOST = ("08", "57P")


class ReadModelAway(RuntimeError):
    """PostgreSQL can't be reached, or is too busy to answer in time."""


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of which odds; a filter that is None lets all through."""

    page_no: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    game_id: str | None = None
    provider: str | None = None
    game_type: str | None = None


class OddsQueries:
    """Every method raises ReadModelAway."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        event.listen(engine, "handle_error", _judge)

    def find(self, external_id: UUID) -> OddsView | None:
        """The odds, deleted or not; None where no NewOdds of that id has come."""
        statement = select(*_COLUMNS).where(odds.c.external_id == external_id, _VISIBLE)
        row = self._read(lambda connection: connection.execute(statement).first())
        return None if row is None else _view(row)

    def page(self, request: PageRequest) -> OddsPage:
        """Odds that are not deleted, by id."""
        filters = {
            "game_id": request.game_id,
            "provider": request.provider,
            "game_type": request.game_type,
        }
        asked_for = [odds.c[name] == value for name, value in filters.items() if value is not None]
        listed = select(*_COLUMNS).where(_VISIBLE, ~odds.c.deleted, *asked_for)
        count = select(func.count()).select_from(listed.subquery())
        one_page = (
            listed.order_by(odds.c.id)
            .limit(request.page_size)
            .offset((request.page_no - 1) * request.page_size)
        )
        total, rows = self._read(
            lambda connection: (connection.scalar(count), connection.execute(one_page).all())
        )
        views = [_view(row) for row in rows]
        return OddsPage(views, request.page_no, request.page_size, total or 0)

    def _read(self, read: Callable[[Connection], T]) -> T:
        """Reads again, once, where the connection had been lost while it waited in the pool."""
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
    if isinstance(error, OSError) or _sqlstate(error).startswith(_LOST):
        failure.is_disconnect = True
    if _timed_out(error):
        failure.invalidate_pool_on_disconnect = False
        return None
    lost = failure.is_disconnect and failure.connection is not None
    return _ConnectionLost(str(error)) if lost else None


def _timed_out(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)


def _says_away(error: DBAPIError) -> bool:
    """Whether the connection failed, or PostgreSQL says that it is going, full or not up yet."""
    return isinstance(error, InterfaceError) or _sqlstate(error.orig).startswith(_AWAY)


def _sqlstate(error: BaseException | None) -> str:
    """PostgreSQL manual, appendix A; empty where PostgreSQL has told none."""
    told = error.args[0] if error and error.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def _view(row: Row[tuple[object, ...]]) -> OddsView:
    return msgspec.convert(row._mapping, OddsView)
