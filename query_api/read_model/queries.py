"""Reads of the read model."""

from collections.abc import Sequence, Set
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, any_, func, literal, select

from odds.adapters.read_model.tables import odds, odds_event_log
from query_api.read_model.as_of import odds_as_of
from query_api.read_model.event_view import OddsEvent, OddsHistory
from query_api.read_model.odds_view import OddsPage, OddsView
from query_api.read_model.reader import Reader
from query_api.read_model.snapshot import as_of, found, with_snapshot

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_PAGED = 100_000
"""Rows up to the end of a page: PostgreSQL reads all that lie before it."""

_COLUMNS = [odds.c[name] for name in OddsView.__struct_fields__]
_LOG = odds_event_log.c
_EVENT_COLUMNS = [_LOG[name] for name in OddsEvent.__struct_fields__]
_VISIBLE = odds.c.created_at.is_not(None)


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of which odds; a filter that is None lets all through."""

    page_no: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    game_id: str | None = None
    provider: str | None = None
    game_type: str | None = None


class HistoryRequest(msgspec.Struct, frozen=True):
    """Which page of the history of which odds."""

    external_id: UUID
    page_no: int = 1
    page_size: int = DEFAULT_PAGE_SIZE


class OddsRequest(msgspec.Struct, frozen=True):
    """Which odds, and as of when (µs); now where that is None."""

    external_id: UUID
    as_of: int | None = None


class EventRequest(msgspec.Struct, frozen=True):
    """Which event, and how many seconds to wait until it is projected."""

    event_id: UUID
    wait: float = 0.0


class OddsFound(NamedTuple):
    """What there is, and where the feed goes on after it; None for a time of the past."""

    odds: OddsView | None
    cursor: str | None


class OddsQueries:
    """Queries of odds, their history and their events; every method raises ReadModelAway."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def find(self, request: OddsRequest) -> OddsFound:
        """The odds, deleted or not; none where no NewOdds of that id has come (by then)."""
        if request.as_of is not None:
            then = odds_as_of(request.external_id, request.as_of)
            row = self._reader.read(lambda connection: connection.execute(then).first())
            return OddsFound(None if row is None else _view(row), None)
        now = select(*_COLUMNS).where(odds.c.external_id == request.external_id, _VISIBLE)
        rows = self._rows_with_snapshot(now)
        views = _views(rows)
        return OddsFound(views[0] if views else None, str(as_of(rows[0])))

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
        place = (request.page_no - 1) * request.page_size
        rows = self._rows_with_snapshot(
            listed.order_by(odds.c.id).limit(request.page_size).offset(place),
            count.scalar_subquery(),
        )
        cursor, total = str(as_of(rows[0])), rows[0][-1]
        views = _views([row[:-1] for row in rows])
        return OddsPage(views, request.page_no, request.page_size, total, cursor)

    def history(self, request: HistoryRequest) -> OddsHistory | None:
        """The events of an odds, deleted or not, the one that was projected last first; None
        where no NewOdds of that id has come."""
        of_odds = select(odds.c.id).where(odds.c.external_id == request.external_id, _VISIBLE)
        logged = select(*_EVENT_COLUMNS).where(_LOG.odds_id == of_odds.scalar_subquery())
        rows, total = self._page(logged, _LOG.id.desc(), request.page_no, request.page_size)
        if not total:
            return None
        events = [_event(row) for row in rows]
        return OddsHistory(events, request.page_no, request.page_size, total)

    def event(self, event_id: UUID) -> OddsEvent | None:
        """What became of an event; None where it has not been projected, or never was one."""
        statement = select(*_EVENT_COLUMNS).where(_LOG.event_id == event_id)
        row = self._reader.read(lambda connection: connection.execute(statement).first())
        return None if row is None else _event(row)

    def projected(self, event_ids: Set[UUID]) -> Set[UUID]:
        """Which of these events have been projected."""
        asked = literal([*event_ids], ARRAY(Uuid))
        statement = select(_LOG.event_id).where(_LOG.event_id == any_(asked))
        return self._reader.read(lambda connection: set(connection.scalars(statement)))

    def _rows_with_snapshot(
        self, statement: Select[Any], *also: ColumnElement[Any]
    ) -> Sequence[Row[Any]]:
        """``also`` are columns that each row ends with, of the same snapshot."""
        wanted = statement.subquery()
        ordered = with_snapshot(wanted).add_columns(*also).order_by(wanted.c.id)
        return self._reader.read(lambda connection: connection.execute(ordered).all())

    def _page(
        self, listed: Select[Any], order: ColumnElement[int], page_no: int, page_size: int
    ) -> tuple[Sequence[Row[Any]], int]:
        """One page of what is listed, and how many rows all pages have."""
        count = select(func.count()).select_from(listed.subquery())
        one_page = listed.order_by(order).limit(page_size).offset((page_no - 1) * page_size)
        total, rows = self._reader.read(
            lambda connection: (connection.scalar(count), connection.execute(one_page).all())
        )
        return rows, total or 0


def _views(rows: Sequence[Sequence[Any]]) -> list[OddsView]:
    names = OddsView.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), OddsView) for row in found(rows)]


def _view(row: Row[Any]) -> OddsView:
    return msgspec.convert(row._mapping, OddsView)


def _event(row: Row[Any]) -> OddsEvent:
    return msgspec.convert(row._mapping, OddsEvent)
