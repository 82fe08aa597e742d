"""``python -m odds.adapters.migrate``: bring the read model's schema to its newest version."""

import os
import sys
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from odds import settings
from odds.adapters import postgres

_ONE_AT_A_TIME = 7_239_881_203
"""Key of the advisory lock that keeps two migrations apart."""


class Settings(msgspec.Struct, frozen=True):
    database_url: str


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to ``revision``; does nothing where the schema has it already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def main() -> int:
    given = settings.read(Settings, os.environ)
    migrate(postgres.create_engine(given.database_url, pool_size=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
