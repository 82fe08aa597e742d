"""Odds as of a time: what the events that had been accepted by then lead to.

That is ``odds.fold`` over the log up to a CreatedAt. An event counts from the moment it was
accepted, however late it was projected. By the time it came, the odds may have had the price of an
event that was accepted later: so each row of the log also has what its own command gave.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select, true

from odds.adapters.read_model.tables import odds, odds_event_log
from odds.command import CommandName

_LOG = odds_event_log.c
_NEWEST_FIRST = (_LOG.occurred_at.desc(), _LOG.created_at.desc(), _LOG.event_id.desc())


def odds_as_of(external_id: UUID, time: int) -> Select[Any]:
    """The columns of an OddsView; no row where the NewOdds was accepted after ``time`` (µs)."""
    accepted = (_LOG.odds_id == odds.c.id, _LOG.created_at <= time)
    is_delete = _LOG.command == CommandName.DELETE_ODDS
    newest = (
        select(_LOG.created_at.label("updated_at"))
        .where(*accepted)
        .order_by(*_NEWEST_FIRST)
        .limit(1)
        .lateral("newest")
    )
    price = (
        select(
            _LOG.command_home.label("home"),
            _LOG.command_away.label("away"),
            _LOG.command_draw.label("draw"),
        )
        .where(*accepted, ~is_delete)
        .order_by(*_NEWEST_FIRST)
        .limit(1)
        .lateral("price")
    )
    return (
        select(
            *(odds.c.id, odds.c.external_id, odds.c.provider, odds.c.game_id, odds.c.game_type),
            *price.c,
            exists().where(*accepted, is_delete).label("deleted"),
            odds.c.created_at,
            newest.c.updated_at,
        )
        .select_from(odds.join(newest, true()).join(price, true()))
        .where(odds.c.external_id == external_id, odds.c.created_at <= time)
    )
