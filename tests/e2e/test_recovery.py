"""Disaster recovery on the whole stack: the database is dropped, and comes back both ways."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pg8000.native
import pytest
from sqlalchemy import make_url

from local.plan import migrate
from local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.files import events_of
from tests.paths import DATA, ROOT
from tests.stack import fresh_stack
from tests.waiting import wait_for, wait_for_count

REAL_FILE = DATA / "betfair_tennis_hassan_v_haerteis_20200502.jsonl"
BEGINNING, END = 3000, 20
"""Lines of it, with a third of its prices."""
SEASON = "Div,Date,Time,HomeTeam,AwayTeam,B365H,B365D,B365A,B365CH,B365CD,B365CA\n" + "".join(
    f"X1,{day:02}/07/2023,15:00,Home {day},Away {day},2,3,4,2.{day},3,4\n" for day in range(1, 29)
)
Digest = dict[str, Any]
SECONDS = 300.0
"""Pushes of one game come one after another, each of which costs Google's emulators their time."""


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    with fresh_stack() as stack:
        stack.start()
        yield stack


@pytest.fixture
def season(tmp_path: Path) -> Path:
    path = tmp_path / "season.csv"
    path.write_text(SEASON)
    return path


def test_a_dropped_database_comes_back_by_rebuild_and_by_replay_with_the_same_digest(
    own_stack: Stack, season: Path
) -> None:
    _recovers_both_ways(own_stack, season)


def test_a_replay_over_what_is_there_changes_nothing_and_is_no_news(
    own_stack: Stack, season: Path
) -> None:
    _play(own_stack, season)
    before = _query(own_stack, "SELECT count(*), max(xid), max(id) FROM odds_event_log")
    api = Api(own_stack.gateway_url)
    with api.stream() as subscriber:
        ended = msgspec.json.decode(_replayer(own_stack, "replay", "--env", "local"))
        assert ended["EventsPublished"] > 0
        wait_for(lambda: _projected_again(own_stack) >= ended["EventsPublished"], seconds=SECONDS)
        assert _query(own_stack, "SELECT count(*), max(xid), max(id) FROM odds_event_log") == before
        assert api.new()[0] == 202
        wait_for(lambda: subscriber.changes)
        # No old price was news to it.
        assert [change["game_id"] for change in subscriber.changes] == ["soccer:e2e"]


def _projected_again(stack: Stack) -> int:
    """How many events the projector has logged as repeated."""
    repeated = 0
    for line in stack.processes.log("projector").read_text().splitlines():
        if '"repeated"' in line:
            repeated += int(msgspec.json.decode(line)["repeated"])
    return repeated


def test_a_replay_of_a_range_after_its_new_odds_shows_nothing_until_that_comes_too(
    own_stack: Stack, season: Path
) -> None:
    played = _play(own_stack, season)
    [[last_new]] = _query(
        own_stack,
        "SELECT max(created_at) FROM odds_event_log "
        "WHERE command = 'NewOdds' AND provider = 'B365'",
    )
    _drop_database(own_stack)
    migrate(own_stack.environment)
    later = ("--provider", "B365", "--from", f"{(last_new + 1) / 1e6:.6f}")
    late = msgspec.json.decode(_replayer(own_stack, "replay", "--env", "local", *later))
    assert late["EventsPublished"] > 0
    logged = "SELECT count(*) FROM odds_event_log"
    wait_for(lambda: _query(own_stack, logged) == [[late["EventsPublished"]]], seconds=SECONDS)
    assert _query(own_stack, "SELECT DISTINCT outcome::text FROM odds_event_log") == [["hidden"]]

    _replayer(own_stack, "replay", "--env", "local")
    assert _settled(own_stack) == played


def test_the_gateway_starts_and_shows_replays(own_stack: Stack) -> None:
    url = f"{own_stack.gateway_url}/replay"
    start = urllib.request.Request(f"{url}?domain=odds&env=local&dry_run=true", method="POST")
    with urllib.request.urlopen(start) as answer:
        location = answer.headers["Location"]
        assert answer.status == 202
    wait_for(lambda: _get(own_stack, location)["State"] == "finished", seconds=60)


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real odds are not at hand")
def test_real_odds_come_back_both_ways(own_stack: Stack, tmp_path: Path) -> None:
    lines = REAL_FILE.read_bytes().splitlines(keepends=True)
    match = tmp_path / REAL_FILE.name
    match.write_bytes(b"".join([*lines[:BEGINNING], *lines[-END:]]))
    _recovers_both_ways(own_stack, match)


def _recovers_both_ways(stack: Stack, file: Path) -> None:
    played = _play(stack, file)
    assert played["events"] > 0

    _drop_database(stack)
    _replayer(stack, "rebuild", "--env", "local")
    assert _verified(stack) == {"clean": True, "digest": played}

    _drop_database(stack)
    migrate(stack.environment)
    _replayer(stack, "replay", "--env", "local")
    assert _settled(stack) == played


def _play(stack: Stack, file: Path) -> Digest:
    """Send a file's commands, and wait until they are projected."""
    feed = ("-m", "local.feeders", str(file), "--url", stack.gateway_url, "--speed", "max")
    subprocess.run((sys.executable, *feed), cwd=ROOT, check=True, capture_output=True)
    # What isn't stored yet would not be missed.
    event_ids = events_of(file)
    wait_for_count(lambda: _logged(stack, event_ids), len(event_ids))
    return _settled(stack)


def _logged(stack: Stack, event_ids: Sequence[UUID]) -> int:
    """How many of these the projector has logged."""
    known = {row[0] for row in _query(stack, "SELECT event_id FROM odds_event_log")}
    return len(known.intersection(event_ids))


def _settled(stack: Stack) -> Digest:
    """Wait until the read model is what the event store says; asking that takes time from the
    projection, so only once nothing seems to be on its way."""
    counts, found = [-1], list[dict[str, Any]]()

    def quiet() -> bool:
        time.sleep(1)
        [[count]] = _query(stack, "SELECT count(*) FROM odds_event_log")
        counts.append(count)
        return counts[-1] == counts[-2]

    def clean() -> bool:
        found.append(_verified(stack))
        return bool(found[-1]["clean"])

    wait_for(quiet, seconds=SECONDS)
    wait_for(clean, seconds=SECONDS)
    digest: Digest = found[-1]["digest"]
    return digest


def _get(stack: Stack, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(stack.gateway_url + path) as answer:
        found: dict[str, Any] = msgspec.json.decode(answer.read())["Data"]
        return found


def _replayer(stack: Stack, *arguments: str) -> str:
    command = (sys.executable, "-m", "replayer", *arguments)
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _verified(stack: Stack) -> dict[str, Any]:
    command = (sys.executable, "-m", "replayer", "verify", "--json")
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return {
        "clean": done.returncode == 0,
        "digest": msgspec.json.decode(done.stdout.splitlines()[-1])["digest"],
    }


def _query(stack: Stack, statement: str) -> list[list[Any]]:
    with _connect(stack, None) as connection:
        return list(connection.run(statement))


def _drop_database(stack: Stack) -> None:
    """Drop it under everybody's feet, and leave an empty one."""
    name = make_url(stack.environment["DATABASE_URL"]).database
    with _connect(stack, "postgres") as connection:
        connection.run(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.run(f'CREATE DATABASE "{name}"')


def _connect(stack: Stack, database: str | None) -> pg8000.native.Connection:
    url = make_url(stack.environment["DATABASE_URL"])
    return pg8000.native.Connection(
        url.username or "",
        database=database or url.database,
        unix_sock=str(url.query["unix_sock"]),
    )
