"""Runs the migrations on the connection that ``odds.adapters.read_model.migrate`` hands over."""

from alembic import context

from odds.adapters.read_model.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
