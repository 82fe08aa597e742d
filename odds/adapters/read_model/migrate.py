"""``python -m odds.adapters.read_model.migrate``: bring the schema to its newest version."""

import os
import sys
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from odds import settings
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import metadata

_ONE_AT_A_TIME = 7_239_881_203
"""Key of the advisory lock that keeps two migrations apart."""


class Settings(msgspec.Struct, frozen=True):
    """Users that are not the tables' owner: what they may do is brought up to date as well.

    Each is a list of PostgreSQL's user names, parted by commas.
    """

    database_url: str
    read_model_readers: str = ""
    read_model_writers: str = ""


def migrate(
    engine: Engine, revision: str = "head", *, readers: str = "", writers: str = ""
) -> None:
    """Upgrade to ``revision``, and grant; does nothing where all is so already."""
    config = _config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _grant(connection, "SELECT", readers)
        _grant(connection, "SELECT, INSERT, UPDATE", writers)


def newest() -> str | None:
    """The revision that this program's schema is of."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revision(engine: Engine) -> str | None:
    """The revision that a database's schema is of; None where it has none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _grant(connection: Connection, privileges: str, users: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    for user in filter(None, users.split(",")):
        connection.execute(text(f"GRANT {privileges} ON {tables} TO {quoted(user.strip())}"))


def main() -> int:
    given = settings.read(Settings, os.environ)
    migrate(
        postgres.create_engine(given.database_url, pool_size=1),
        readers=given.read_model_readers,
        writers=given.read_model_writers,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
