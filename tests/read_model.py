"""The read model as the fold would say it."""

from typing import Any

from sqlalchemy import Engine, Row, select

from odds.adapters.read_model.tables import odds
from odds.command import MoneyLine
from odds.event import OddsKey
from odds.fold import Odds


def rows(engine: Engine) -> dict[OddsKey, Odds]:
    with engine.connect() as connection:
        return {
            (row.external_id, row.provider, row.game_id): _odds(row)
            for row in connection.execute(select(odds))
        }


def money_line(row: Row[Any]) -> MoneyLine | None:
    return None if row.home is None else MoneyLine(row.home, row.away, row.draw)


def _odds(row: Row[Any]) -> Odds:
    price_stamp = (row.price_occurred_at, row.price_created_at, row.price_event_id)
    return Odds(
        money_line=money_line(row),
        price_stamp=price_stamp if row.price_occurred_at else None,
        newest_stamp=(row.updated_occurred_at, row.updated_at, row.updated_event_id),
        created_at=row.created_at,
        game_type=row.game_type,
        deleted=row.deleted,
    )
