"""The read model: odds and odds_event_log.

Revision: 0001, the first.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UPGRADE = (
    "CREATE TYPE command_name AS ENUM ('NewOdds', 'UpdateOdds', 'DeleteOdds')",
    "CREATE TYPE event_outcome AS ENUM ('applied', 'stale', 'hidden', 'deleted')",
    """
    CREATE TABLE odds (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        external_id uuid NOT NULL,
        provider text NOT NULL,
        game_id text NOT NULL,
        game_type text,
        home double precision,
        away double precision,
        draw double precision,
        deleted boolean NOT NULL,
        created_at bigint,
        updated_at bigint NOT NULL,
        updated_occurred_at bigint NOT NULL,
        updated_event_id uuid NOT NULL,
        price_occurred_at bigint NOT NULL,
        price_created_at bigint NOT NULL,
        price_event_id uuid NOT NULL,
        CONSTRAINT odds_key UNIQUE (external_id, provider, game_id)
    ) WITH (fillfactor = 80)
    """,
    "COMMENT ON COLUMN odds.game_type IS 'of its NewOdds; null until that has come'",
    "COMMENT ON COLUMN odds.created_at IS 'of its NewOdds; null: no reader sees it yet'",
    "COMMENT ON COLUMN odds.updated_at IS 'CreatedAt of its newest event'",
    "COMMENT ON COLUMN odds.price_occurred_at IS '0: no price yet'",
    "CREATE INDEX odds_listed ON odds (id) WHERE created_at IS NOT NULL AND NOT deleted",
    "CREATE INDEX odds_of_game ON odds (game_id, id)",
    """
    CREATE TABLE odds_event_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        event_id uuid NOT NULL,
        odds_id bigint NOT NULL,
        command command_name NOT NULL,
        outcome event_outcome NOT NULL,
        occurred_at bigint NOT NULL,
        created_at bigint NOT NULL,
        external_id uuid NOT NULL,
        provider text NOT NULL,
        game_id text NOT NULL,
        game_type text,
        home double precision,
        away double precision,
        draw double precision,
        deleted boolean NOT NULL,
        odds_created_at bigint,
        odds_updated_at bigint NOT NULL,
        CONSTRAINT odds_event_log_event UNIQUE (event_id)
    )
    """,
    "CREATE INDEX odds_event_log_feed ON odds_event_log (xid, id) WHERE outcome = 'applied'",
)

_DOWNGRADE = (
    "DROP TABLE odds_event_log",
    "DROP TABLE odds",
    "DROP TYPE event_outcome",
    "DROP TYPE command_name",
)


def upgrade() -> None:
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWNGRADE:
        op.execute(statement)
