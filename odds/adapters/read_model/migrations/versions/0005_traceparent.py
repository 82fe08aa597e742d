"""The log carries the trace of an event to the stream.

Revision: 0005, after 0004.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE odds_event_log ADD traceparent text")
    op.execute(
        "COMMENT ON COLUMN odds_event_log.traceparent IS "
        "'of the span that projected it; null where that is not recorded'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE odds_event_log DROP traceparent")
