"""The log tells the history of an odds: what each command gave, and when it was projected.

Rows of before have the time of this migration, and of a command that came too late the prices that
it lost to: a rebuild of the read model sets both right.

Revision: 0003, after 0002.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UPGRADE = (
    """
    ALTER TABLE odds_event_log
        ADD command_home double precision,
        ADD command_away double precision,
        ADD command_draw double precision,
        ADD projected_at bigint NOT NULL DEFAULT 1000000 * extract(epoch FROM now())
    """,
    # For the rows that are there a time that changes would mean to write the table anew.
    """
    ALTER TABLE odds_event_log ALTER projected_at
        SET DEFAULT 1000000 * extract(epoch FROM clock_timestamp())
    """,
    "COMMENT ON COLUMN odds_event_log.projected_at IS 'when this read model took the event'",
    """
    UPDATE odds_event_log
    SET command_home = home, command_away = away, command_draw = draw
    WHERE command <> 'DeleteOdds'
    """,
    "CREATE INDEX odds_event_log_of_odds ON odds_event_log (odds_id, id)",
)

_DOWNGRADE = (
    "DROP INDEX odds_event_log_of_odds",
    """
    ALTER TABLE odds_event_log
        DROP command_home, DROP command_away, DROP command_draw, DROP projected_at
    """,
)


def upgrade() -> None:
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWNGRADE:
        op.execute(statement)
