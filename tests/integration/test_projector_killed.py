"""The projector killed at each moment at which it has done one thing and not yet the next."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
import urllib3
from sqlalchemy import Engine, select

from local.ports import Ports
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds_event_log
from odds.fold import fold
from tests.chaos import dying_projector
from tests.chaos.dying_projector import MOMENTS
from tests.examples import encoded, new
from tests.integration.patient_projector import serving_projector
from tests.pushing import post, push_body
from tests.read_model import rows
from tests.serving import running
from tests.stack import Databases


class Platform(NamedTuple):
    """Two stores, and the URL of a projector that lives."""

    environ: dict[str, str]
    url: str
    engine: Engine
    store: EventStore


@pytest.fixture(scope="module")
def platform(databases: Databases, datastore_host: str) -> Iterator[Platform]:
    project = f"test-{uuid4().hex[:20]}"
    environ = {
        "DATABASE_URL": databases.fresh(),
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    engine = postgres.create_engine(environ["DATABASE_URL"], pool_size=2)
    store = EventStore(Datastore(datastore.connect(datastore_host), project, timeout=60))
    with serving_projector(environ) as url:
        yield Platform(environ, url, engine, store)
    engine.dispose()


def logged(engine: Engine) -> list[UUID]:
    with engine.connect() as connection:
        return [*connection.scalars(select(odds_event_log.c.event_id))]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_event_whose_projector_was_killed_comes_again_and_is_one(
    platform: Platform, moment: str
) -> None:
    event = new()
    part = dying_projector.dying_projector(Ports.free().projector_port)
    environ = platform.environ | dying_projector.environment(moment)
    with running(part, environ) as url, pytest.raises(urllib3.exceptions.HTTPError):
        post(url, push_body(event))
    stored = platform.store.find([event.event_id])
    assert bool(stored) == (moment != "before the store")
    assert (event.event_id in logged(platform.engine)) == (moment == "after the commit")

    assert post(platform.url, push_body(event)).status == 204
    assert platform.store.find([event.event_id]) == {event.event_id: encoded(event)}
    assert logged(platform.engine).count(event.event_id) == 1
    assert rows(platform.engine)[event.odds_key] == fold([event])[0][event.odds_key]
