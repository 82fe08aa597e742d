"""The projectors' sign of life, by which readers tell a quiet market from a silent projector.

Revision: 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE projector_heartbeat (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            beaten_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN projector_heartbeat.beaten_at IS "
        "'when a projector last proved that it can write'"
    )
    op.execute("INSERT INTO projector_heartbeat DEFAULT VALUES")


def downgrade() -> None:
    op.execute("DROP TABLE projector_heartbeat")
