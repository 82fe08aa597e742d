"""The tables of the read model. All times are in microseconds since the epoch.

Alembic makes them (``odds/adapters/migrations``); a test holds the two against each other.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Enum,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.types import UserDefinedType

from odds.command import CommandName
from odds.fold import Outcome

FEED_CHANNEL = "odds_feed"
"""NOTIFY channel on which each projected batch that changed odds wakes the change feed."""


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


metadata = MetaData()

command_name = Enum(CommandName, name="command_name", values_callable=lambda names: [*names])
event_outcome = Enum(Outcome, name="event_outcome", values_callable=lambda names: [*names])

odds = Table(
    "odds",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("external_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("game_id", Text, nullable=False),
    Column("game_type", Text, comment="of its NewOdds; null until that has come"),
    Column("home", Double),
    Column("away", Double),
    Column("draw", Double),
    Column("deleted", Boolean, nullable=False),
    Column("created_at", BigInteger, comment="of its NewOdds; null: no reader sees it yet"),
    Column("updated_at", BigInteger, nullable=False, comment="CreatedAt of its newest event"),
    Column("updated_occurred_at", BigInteger, nullable=False),
    Column("updated_event_id", Uuid, nullable=False),
    Column("price_occurred_at", BigInteger, nullable=False, comment="0: no price yet"),
    Column("price_created_at", BigInteger, nullable=False),
    Column("price_event_id", Uuid, nullable=False),
    UniqueConstraint("external_id", "provider", "game_id", name="odds_key"),
)

Index(
    "odds_listed",
    odds.c.id,
    postgresql_where=odds.c.created_at.is_not(None) & ~odds.c.deleted,
)
Index("odds_of_game", odds.c.game_id, odds.c.id)

odds_event_log = Table(
    "odds_event_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("event_id", Uuid, nullable=False),
    Column("odds_id", BigInteger, nullable=False),
    Column("command", command_name, nullable=False),
    Column("outcome", event_outcome, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # The odds as of this event.
    Column("external_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("game_id", Text, nullable=False),
    Column("game_type", Text),
    Column("home", Double),
    Column("away", Double),
    Column("draw", Double),
    Column("deleted", Boolean, nullable=False),
    Column("odds_created_at", BigInteger),
    Column("odds_updated_at", BigInteger, nullable=False),
    UniqueConstraint("event_id", name="odds_event_log_event"),
)

Index(
    "odds_event_log_feed",
    odds_event_log.c.xid,
    odds_event_log.c.id,
    postgresql_where=odds_event_log.c.outcome == Outcome.APPLIED,
)

read_model_generation = Table(
    "read_model_generation",
    metadata,
    Column("only_row", Boolean, CheckConstraint("only_row"), primary_key=True),
    Column(
        "generation",
        Uuid,
        nullable=False,
        comment="another one after each rebuild: a cursor of the feed is good within one only",
    ),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
