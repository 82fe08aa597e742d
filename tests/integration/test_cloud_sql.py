"""The read model on Cloud SQL, reached as it is in the cloud: certificates, TLS, IAM users."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.cloud.sql.connector import Connector
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DatabaseError

from odds.adapters.read_model import cloud_sql, postgres
from odds.adapters.read_model.migrate import migrate
from odds.adapters.read_model.read_model import ReadModel, ReadModelUnavailable
from query_api.feed.feed_connection import FeedConnection
from tests.examples import new
from tests.integration.cloud_sql import INSTANCE, Credentials
from tests.integration.cloud_sql import cloud_sql as cloud_sql_instance

OWNER, WRITER, READER = (f"{role}-{uuid4().hex[:8]}@test.iam" for role in ("o", "w", "r"))


class TidyConnector(Connector):
    """Its own leaves the loop to the garbage collector, which warns."""

    def close(self) -> None:
        super().close()
        self._loop.close()


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The name of a database with the users that Terraform makes; OWNER acts as its owner."""
    url = make_url(postgres_url)
    engine = postgres.create_engine(postgres_url, pool_size=1)
    with engine.begin() as connection:
        for user in (OWNER, WRITER, READER):
            connection.execute(text(f'CREATE ROLE "{user}" LOGIN'))
        connection.execute(text(f'GRANT {url.username} TO "{OWNER}"'))
    yield str(url.database)
    with engine.begin() as connection:
        for user in (OWNER, WRITER, READER):
            connection.execute(text(f'DROP OWNED BY "{user}"'))
            connection.execute(text(f'DROP ROLE "{user}"'))
    engine.dispose()


@pytest.fixture
def instance(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with cloud_sql_instance(str(make_url(postgres_url).query["unix_sock"]), tmp_path) as admin_api:
        connector = partial(
            TidyConnector, credentials=Credentials(), sqladmin_api_endpoint=admin_api
        )
        monkeypatch.setattr(cloud_sql, "Connector", connector)
        yield


def url_of(user: str, database: str, query: str = "") -> str:
    name = user.replace("@", "%40")
    return f"postgresql+pg8000://{name}@/{database}?cloud_sql={INSTANCE}{query}"


@pytest.fixture
def owner(instance: None, database: str) -> Iterator[Engine]:
    engine = postgres.create_engine(url_of(OWNER, database, "&role=postgres"), pool_size=1)
    migrate(engine, readers=READER, writers=f"{WRITER}, {OWNER}")
    yield engine
    engine.dispose()


def test_the_read_model_is_written_followed_and_read(owner: Engine, database: str) -> None:
    read_model = ReadModel(postgres.create_engine(url_of(WRITER, database), pool_size=1))
    with FeedConnection(url_of(READER, database)) as feed:
        before = feed.log.horizon()
        assert feed.log.after(before) == []
        event = new()
        read_model.project([event])
        feed.wait_for_news(10)
        assert [change.event_id for change in feed.log.after(before)] == [event.event_id]
        feed.wait_for_news(0)  # nothing more, and TLS has nothing to say either
    read_model.close()


def test_a_reader_can_not_write(owner: Engine, database: str) -> None:
    engine = postgres.create_engine(url_of(READER, database), pool_size=1)
    with pytest.raises(DatabaseError, match="permission denied"), engine.connect() as connection:
        connection.execute(text("DELETE FROM odds"))
    engine.dispose()


def test_the_owner_copies_rows_in_the_role_that_it_acts_as(owner: Engine) -> None:
    connection = owner.raw_connection()
    cursor: Any = connection.cursor()
    cursor.execute("CREATE TABLE copied AS SELECT current_user::text, session_user::text")
    cursor.execute("COPY copied FROM STDIN", stream=["1\t2\n" * 5000])
    cursor.execute("SELECT *, count(*) FROM copied GROUP BY 1, 2 ORDER BY 1 DESC")
    assert [tuple(row) for row in cursor.fetchall()] == [("postgres", OWNER, 1), ("1", "2", 5000)]
    connection.close()


def test_an_instance_that_is_not_there_is_said_by_name(instance: None, database: str) -> None:
    url = url_of(WRITER, database).replace(":europe", ":asia")
    read_model = ReadModel(postgres.create_engine(url, pool_size=1))
    with pytest.raises(ReadModelUnavailable, match="no connection to test:asia-west1:moneyline"):
        read_model.ping()
    read_model.close()
