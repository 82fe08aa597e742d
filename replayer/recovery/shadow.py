"""Shadow tables: copies of the served tables without rows, in a schema of their own.

A schema takes tables over with their indexes, constraints and sequences under the same names, so
that to swap is to move. What the copies are like is read from the served tables themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, event, text

from odds.adapters.read_model import postgres

TABLES = ("odds", "odds_event_log")
"""In the order in which the projection locks them."""
SERVED = "public"
_PREFIX = "rebuild_"

_LEFTOVERS = f"SELECT nspname FROM pg_namespace WHERE nspname ~ '^{_PREFIX}[0-9a-f]{{12}}$'"
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = CAST(:served AS regclass) ORDER BY indexrelid
"""
_CONSTRAINTS = """
SELECT quote_ident(conname), CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END
FROM pg_constraint
WHERE conrelid = CAST(:served AS regclass) AND contype IN ('p', 'u') ORDER BY conname
"""
_OPTIONS = """
SELECT array_to_string(reloptions, ', '), quote_ident(pg_get_userbyid(relowner)),
       relowner = current_user::regrole
FROM pg_class WHERE oid = CAST(:served AS regclass)
"""
_GRANTS = """
SELECT privilege_type, is_grantable,
       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
FROM pg_class, aclexplode(relacl)
WHERE oid = CAST(:served AS regclass) AND grantee <> relowner
"""


class ShadowTables:
    """The tables of one rebuild; ``schema`` names it, and no other rebuild has the name."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    @classmethod
    def create(cls, connection: Connection) -> "ShadowTables":
        """Make them, and drop those of rebuilds that were killed."""
        for [leftover] in connection.execute(text(_LEFTOVERS)).all():
            connection.execute(text(f"DROP SCHEMA {leftover} CASCADE"))
        shadow = cls(_PREFIX + uuid4().hex[:12])
        connection.execute(text(f"CREATE SCHEMA {shadow.schema}"))
        for table in TABLES:
            shadow._create(connection, table)
        return shadow

    def index(self, connection: Connection, table: str) -> None:
        """Give a table that has been loaded the indexes and the statistics it needs.

        The connection commits each statement by itself, and those that take long have no
        transaction id meanwhile, which would hold every reader of the change feed back (design,
        rule 6): hence CONCURRENTLY, though nobody else writes to the table.
        """
        served = {"served": f"{SERVED}.{table}"}
        connection.execute(text("SET maintenance_work_mem = '256MB'"))
        for [definition] in connection.execute(text(_INDEXES), served).all():
            there, here = f" ON {SERVED}.{table} ", f" ON {self.schema}.{table} "
            ours = definition.replace(there, here, 1).replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
            connection.exec_driver_sql(ours)
        for name, kind in connection.execute(text(_CONSTRAINTS), served).all():
            self._alter(connection, table, f"ADD CONSTRAINT {name} {kind} USING INDEX {name}")
        connection.execute(text(f"ANALYZE {self.schema}.{table}"))

    def number_on(self, connection: Connection, table: str, last_id: int) -> None:
        self._alter(connection, table, f"ALTER COLUMN id RESTART WITH {last_id + 1}")

    def replace_served(self, connection: Connection) -> None:
        """Put them in the served tables' place, in the transaction of the connection."""
        served = ", ".join(f"{SERVED}.{table}" for table in TABLES)
        connection.execute(text(f"DROP TABLE {served}"))
        for table in TABLES:
            self._alter(connection, table, f"SET SCHEMA {SERVED}")
        connection.execute(text(f"DROP SCHEMA {self.schema}"))

    def drop(self, connection: Connection) -> None:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE"))

    @contextmanager
    def engine(self, database_url: str, timeout: float) -> Iterator[Engine]:
        """Connections that find these tables where others find the served ones."""
        engine = postgres.create_engine(database_url, pool_size=1, timeout=timeout)

        @event.listens_for(engine, "connect")
        def look_here_first(connection: Any, _record: object) -> None:
            connection.cursor().execute(f"SET search_path TO {self.schema}, {SERVED}")
            connection.commit()

        try:
            yield engine
        finally:
            engine.dispose()

    def _create(self, connection: Connection, table: str) -> None:
        served = {"served": f"{SERVED}.{table}"}
        [options, owner, is_ours] = connection.execute(text(_OPTIONS), served).one()
        like = f"LIKE {SERVED}.{table} INCLUDING ALL EXCLUDING INDEXES"
        storage = f" WITH ({options})" if options else ""
        connection.execute(text(f"CREATE TABLE {self.schema}.{table} ({like}){storage}"))
        if not is_ours:
            self._alter(connection, table, f"OWNER TO {owner}")
        for privilege, is_grantable, grantee in connection.execute(text(_GRANTS), served).all():
            further = " WITH GRANT OPTION" if is_grantable else ""
            grant = f"GRANT {privilege} ON {self.schema}.{table} TO {grantee}{further}"
            connection.execute(text(grant))

    def _alter(self, connection: Connection, table: str, what: str) -> None:
        connection.execute(text(f"ALTER TABLE {self.schema}.{table} {what}"))
