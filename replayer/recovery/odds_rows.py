"""Rows of the table ``odds`` as the fold says them."""

from typing import Any

from sqlalchemy import Row

from odds.command import MoneyLine
from odds.event import OddsKey
from odds.fold import Odds


def as_folded(row: Row[Any]) -> tuple[OddsKey, Odds]:
    key = (row.external_id, row.provider, row.game_id)
    price = None if row.home is None else MoneyLine(row.home, row.away, row.draw)
    price_stamp = (row.price_occurred_at, row.price_created_at, row.price_event_id)
    folded = Odds(
        money_line=price,
        price_stamp=price_stamp if row.price_occurred_at else None,
        newest_stamp=(row.updated_occurred_at, row.updated_at, row.updated_event_id),
        created_at=row.created_at,
        game_type=row.game_type,
        deleted=row.deleted,
    )
    return key, folded
