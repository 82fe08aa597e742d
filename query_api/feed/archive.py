"""Reads for subscribers that lack what no process remembers: the log itself, and all odds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    cast,
    func,
    literal,
    select,
    text,
    tuple_,
)

from odds.adapters.read_model.tables import Xid8, odds, odds_event_log
from odds.fold import Outcome
from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.change_row import changes_of, image_of
from query_api.feed.odds_filter import OddsFilter
from query_api.read_model.reader import Reader
from query_api.read_model.snapshot import AS_OF, NOW, as_of, found, with_snapshot

PAGE = 500

_log, _odds = odds_event_log.c, odds.c
_IN_ORDER = (_log.xid, _log.id)
_APPLIED = _log.outcome == Outcome.APPLIED
_CHANGES = select(
    _log.xid, _log.id, _log.event_id, _log.odds_id, _log.external_id, _log.provider,
    _log.game_id, _log.game_type, _log.home, _log.away, _log.draw, _log.deleted,
    _log.odds_created_at, _log.odds_updated_at,
).where(_APPLIED).order_by(*_IN_ORDER)  # fmt: skip
_IMAGE = select(
    _odds.updated_event_id, _odds.id, _odds.external_id, _odds.provider, _odds.game_id,
    _odds.game_type, _odds.home, _odds.away, _odds.draw, _odds.deleted,
    _odds.created_at, _odds.updated_at,
).where(_odds.created_at.is_not(None), ~_odds.deleted).order_by(_odds.id)  # fmt: skip
_PLACES = select(*_IN_ORDER).where(_APPLIED).order_by(*_IN_ORDER)
"""The index has all of it."""
_AT_LENGTH = text("SET LOCAL statement_timeout = '2min'")
_VERY_FIRST = select(_log.id).where(_log.id == 1)


class Page(NamedTuple):
    """Changes, and how far they go: ``end`` may lie beyond the last of them."""

    changes: list[Change]
    end: Cursor


class Image(NamedTuple):
    """Odds as they were, and where the feed goes on after them."""

    changes: list[Change]
    cursor: Cursor


class Archive:
    """The read model as a subscriber reads it that has missed more than the journal remembers.

    Every method raises ReadModelAway.
    """

    def __init__(self, reader: Reader, resume_limit: int) -> None:
        self._reader = reader
        self._resume_limit = resume_limit

    def after(self, cursor: Cursor, odds_filter: OddsFilter, *, known: bool) -> Page | None:
        """The settled changes that follow. None where they can't be told: the cursor is of
        another generation or another database, older than the log, or so old that more changes
        followed than are told one by one. ``known`` is the end of a page that was read before:
        only its generation is in doubt."""
        return self._reader.read(
            lambda connection: self._after(connection, cursor, odds_filter, known)
        )

    def image(self, odds_filter: OddsFilter) -> Image:
        """All odds that are not deleted, as of one snapshot."""
        image = _only(_IMAGE, _odds, odds_filter).subquery()
        statement = with_snapshot(image).order_by(image.c.id)
        rows = self._reader.read(lambda connection: _at_length(connection, statement))
        cursor = as_of(rows[0])
        return Image(image_of(found(rows), cursor), cursor)

    def _after(
        self, connection: Connection, cursor: Cursor, odds_filter: OddsFilter, known: bool
    ) -> Page | None:
        if not known and not self._can_tell(connection, cursor):
            return None
        settled = _CHANGES.where(_follows(cursor), _log.xid < func.pg_snapshot_xmin(NOW))
        page = _only(settled, _log, odds_filter).limit(PAGE).subquery()
        in_order = with_snapshot(page).order_by(page.c.xid, page.c.id)
        rows = connection.execute(in_order).all()
        now = as_of(rows[0])
        if now.generation != cursor.generation:
            return None
        changes = changes_of(found(rows), now.generation)
        there_is_more = len(changes) == PAGE
        return Page(changes, changes[-1].place if there_is_more else now.settled)

    def _can_tell(self, connection: Connection, cursor: Cursor) -> bool:
        now = as_of(connection.execute(select(*AS_OF)).one())
        if now.generation != cursor.generation or cursor.xid > now.ahead:
            return False
        if connection.scalar(_VERY_FIRST) is None and _is_before_the_log(connection, cursor):
            return False
        missed = _PLACES.where(_follows(cursor)).offset(self._resume_limit).limit(1)
        return connection.execute(missed).first() is None


def _at_length(connection: Connection, statement: Select[Any]) -> Sequence[Row[Any]]:
    """All rows, though they take long to come: PostgreSQL counts a statement's time to its last
    row, and we count to the next."""
    connection.execute(_AT_LENGTH)
    return connection.execute(statement).all()


def _is_before_the_log(connection: Connection, cursor: Cursor) -> bool:
    oldest = connection.execute(_PLACES.limit(1)).first()
    return oldest is not None and (cursor.xid, cursor.id) < (int(oldest[0]), oldest[1] - 1)


def _follows(cursor: Cursor) -> ColumnElement[bool]:
    return tuple_(*_IN_ORDER) > tuple_(cast(str(cursor.xid), Xid8), literal(cursor.id))


def _only(statement: Select[Any], columns: Any, odds_filter: OddsFilter) -> Select[Any]:
    asked_for = odds_filter._asdict().items()
    return statement.where(
        *(columns[name] == value for name, value in asked_for if value is not None)
    )
