"""As of when something is read: columns that tell it with the rows themselves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, cast, func, select, true

from odds.adapters.read_model.tables import read_model_generation
from query_api.cursor import Cursor

NOW = func.pg_current_snapshot()

AS_OF: tuple[ColumnElement[Any], ...] = (
    read_model_generation.c.generation,
    cast(NOW, Text).label("snapshot"),
)
"""In front of all other columns."""


def with_snapshot(rows: Subquery) -> Select[Any]:
    """The rows behind what ``as_of`` reads; one row of nulls where there is none."""
    return select(*AS_OF, *rows.c).select_from(read_model_generation.outerjoin(rows, true()))


def as_of(row: Sequence[Any]) -> Cursor:
    """Where the feed goes on after what was read with ``AS_OF``."""
    return Cursor.of_snapshot(row[0], row[1])


def found(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows that ``with_snapshot`` was given, without what it added."""
    return [row[len(AS_OF) :] for row in rows if row[len(AS_OF)] is not None]
