"""PostgreSQL: connections, tables, migrations, and the projection of events."""
