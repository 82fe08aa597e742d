"""The generation of the read model: cursors from before a rebuild are of another one.

Revision: 0002, after 0001.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE read_model_generation (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            generation uuid NOT NULL DEFAULT gen_random_uuid(),
            made_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN read_model_generation.generation IS "
        "'another one after each rebuild: a cursor of the feed is good within one only'"
    )
    op.execute("INSERT INTO read_model_generation DEFAULT VALUES")


def downgrade() -> None:
    op.execute("DROP TABLE read_model_generation")
