"""Rows of the log, and of the odds, as changes."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from odds.adapters import clock
from query_api.cursor import Cursor
from query_api.feed.change import Change

Values = Sequence[Any]


def changes_of(rows: Iterable[Values], generation: str) -> list[Change]:
    """Of rows ``xid, id`` and the columns of an odds, beginning with the id of its event;
    ``traceparent, projected_at`` may follow."""
    now = clock.now()
    return [_change(odds, Cursor(generation, int(xid), id_), now) for xid, id_, *odds in rows]


def image_of(rows: Iterable[Values], cursor: Cursor) -> list[Change]:
    """Of the same without ``xid, id``; the feed goes on at ``cursor`` after the last of them."""
    now = clock.now()
    image = [_change(odds, cursor, now, image=True, resumable=False) for odds in rows]
    return [*image[:-1], *(msgspec.structs.replace(last, resumable=True) for last in image[-1:])]


def _change(odds: Values, place: Cursor, now: int, **flags: bool) -> Change:
    (event_id, odds_id, external_id, provider, game_id, game_type,
     home, away, draw, deleted, created_at, updated_at, *fed) = odds  # fmt: skip
    traceparent, projected_at = fed or (None, None)
    return Change(
        place=place,
        event_id=event_id,
        published_at=now,
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
        traceparent=traceparent,
        projected_at=projected_at,
        **flags,
    )
