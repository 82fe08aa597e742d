"""The tables of the read model. All times are in microseconds since the epoch.

Alembic makes them (``migrations``); a test holds the two against each other.
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
"""NOTIFY channel on which each batch that was logged wakes the change feed, and those who wait for
what became of their command."""


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
    # What the command itself gave: the odds have the prices of a newer one where it came late.
    Column("command_home", Double),
    Column("command_away", Double),
    Column("command_draw", Double),
    Column(
        "projected_at",
        BigInteger,
        nullable=False,
        server_default=text("1000000 * extract(epoch FROM clock_timestamp())"),
        comment="when this read model took the event",
    ),
    Column(
        "traceparent",
        Text,
        comment="of the span that projected it; null where that is not recorded",
    ),
    UniqueConstraint("event_id", name="odds_event_log_event"),
)

Index(
    "odds_event_log_feed",
    odds_event_log.c.xid,
    odds_event_log.c.id,
    postgresql_where=odds_event_log.c.outcome == Outcome.APPLIED,
)
Index("odds_event_log_of_odds", odds_event_log.c.odds_id, odds_event_log.c.id)

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

projector_heartbeat = Table(
    "projector_heartbeat",
    metadata,
    Column("only_row", Boolean, CheckConstraint("only_row"), primary_key=True),
    Column(
        "beaten_at",
        DateTime(timezone=True),
        nullable=False,
        comment="when a projector last proved that it can write",
    ),
)
