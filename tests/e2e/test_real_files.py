"""Real odds, played at full speed by a provider like any other."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, Row, func, select

from local.stack import Stack
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.read_model import postgres
from odds.adapters.read_model.tables import odds, odds_event_log
from odds.fold import Outcome
from tests.e2e.api import Api
from tests.e2e.expected import Expected, expected_of_betfair, expected_of_football_data
from tests.e2e.files import events_of
from tests.paths import DATA, ROOT
from tests.stack import fresh_stack
from tests.waiting import wait_for_count

BETFAIR = DATA / "betfair_tennis_hassan_v_haerteis_20200502.jsonl"
FOOTBALL_DATA = DATA / "footballdata_E0_2019-20.csv"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real odds files are not at hand")


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    with fresh_stack() as stack:
        stack.start()
        yield stack


@pytest.fixture
def engine(own_stack: Stack) -> Iterator[Engine]:
    engine = postgres.create_engine(own_stack.environment["DATABASE_URL"], pool_size=2)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("file", "expected_of"),
    [(BETFAIR, expected_of_betfair), (FOOTBALL_DATA, expected_of_football_data)],
    ids=["betfair", "football-data"],
)
def test_a_file_ends_in_what_folding_it_by_hand_gives_and_the_stream_saw_each_change_once(
    own_stack: Stack, engine: Engine, file: Path, expected_of: Callable[[Path], Expected]
) -> None:
    event_ids = events_of(file)
    known = logged(engine)
    with Api(own_stack.gateway_url).stream() as stream:
        play(own_stack, file)
        wait_for_count(lambda: logged(engine), known + len(event_ids))
        rows = feed(engine)[known:]
        applied = [row.event_id for row in rows if row.outcome is Outcome.APPLIED]
        wait_for_count(lambda: len(stream.changes), len(applied))
    assert [UUID(change["event_id"]) for change in stream.changes] == applied
    assert not any(change["conflated"] for change in stream.changes)
    assert sorted(row.event_id for row in rows) == sorted(event_ids)
    assert sorted(event_store(own_stack).find(event_ids)) == sorted(event_ids)
    expected = expected_of(file)
    assert held(engine, {provider for provider, _ in expected}) == {
        key: (odds.game_type, odds.home, odds.away, odds.draw, odds.deleted)
        for key, odds in expected.items()
    }


def play(stack: Stack, file: Path) -> None:
    feeder = (sys.executable, "-m", "local.feeders", str(file), "--speed", "max")
    done = subprocess.run(
        (*feeder, "--url", stack.gateway_url), cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def logged(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(odds_event_log)) or 0


def feed(engine: Engine) -> list[Row[tuple[object, ...]]]:
    """The whole log in feed order."""
    log = odds_event_log.c
    with engine.connect() as connection:
        return list(connection.execute(select(log.event_id, log.outcome).order_by(log.xid, log.id)))


def held(engine: Engine, providers: set[str]) -> dict[tuple[str, str], tuple[object, ...]]:
    columns = (odds.c.game_type, odds.c.home, odds.c.away, odds.c.draw, odds.c.deleted)
    of_providers = select(odds.c.provider, odds.c.game_id, *columns).where(
        odds.c.provider.in_(providers)
    )
    with engine.connect() as connection:
        return {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(of_providers)}


def event_store(stack: Stack) -> EventStore:
    client = datastore.connect(stack.environment["DATASTORE_EMULATOR_HOST"])
    project = stack.environment["GOOGLE_CLOUD_PROJECT"]
    return EventStore(Datastore(client, project, timeout=60))
