"""Replays from and to other environments, each a project of its own on the same emulators."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from replayer.replays import Replays
from tests.examples import encoded, new
from tests.integration.recovery import Recovery, opened
from tests.integration.replay_topics import Topics, topics_of

MEDIUM = "events-medium-soccer"
EVENT = new()


class Elsewhere(NamedTuple):
    """Three environments; prod has one event."""

    here: Recovery
    file: Path
    topics: dict[str, Topics]

    def replay(self, *arguments: str) -> dict[str, Any]:
        """Raises CalledProcessError."""
        variables = {"ENVIRONMENTS_FILE": str(self.file)}
        told = self.here.run("replay", *arguments, variables=variables)
        ended: dict[str, Any] = msgspec.json.decode(told)
        return ended

    def came_to(self, name: str, topic: str = MEDIUM) -> list[bytes]:
        return [message.data for message in self.topics[name].pull(topic, 1)]


@pytest.fixture
def elsewhere(
    project: str, datastore_host: str, pubsub_host: str, postgres_url: str, tmp_path: Path
) -> Iterator[Elsewhere]:
    projects = {"local": project, "stg": f"{project}-stg", "prod": f"{project}-prod"}
    file = tmp_path / "environments.yaml"
    described = {
        name: {
            "project": of_its_own,
            "pubsub_emulator_host": pubsub_host,
            "datastore_emulator_host": datastore_host,
            "queries_at_once": 2,
            "must_confirm": name == "prod",
        }
        for name, of_its_own in projects.items()
    }
    file.write_bytes(msgspec.json.encode(described))  # which is YAML, too
    production = Datastore(datastore.connect(datastore_host), projects["prod"])
    EventStore(production).record([encoded(EVENT)])
    topics = {name: topics_of(pubsub_host, each) for name, each in projects.items()}
    for each in topics.values():
        each.create(MEDIUM)
    with opened(project, datastore_host, postgres_url, pubsub_host) as here:
        yield Elsewhere(here, file, topics)


def test_what_happened_in_prod_is_debugged_here_and_nothing_is_written_there(
    elsewhere: Elsewhere, datastore_host: str
) -> None:
    ended = elsewhere.replay("--source", "prod", "--env", "local")
    assert (ended["State"], ended["EventsPublished"]) == ("finished", 1)
    assert elsewhere.came_to("local") == [encoded(EVENT).data]
    project = elsewhere.topics["prod"].project
    production = Datastore(datastore.connect(datastore_host), project)
    assert Replays(production, clock.now).newest() == []


def test_a_match_of_prod_is_watched_again_in_staging(elsewhere: Elsewhere) -> None:
    game = EVENT.command.payload.game_id
    wanted = ("--game-id", game, "--speed", "10")
    ended = elsewhere.replay("--source", "prod", "--env", "stg", *wanted)
    assert (ended["Source"], ended["Env"]) == ("prod", "stg")
    assert elsewhere.came_to("stg") == [encoded(EVENT).data]


def test_prod_is_replayed_to_only_where_its_project_is_named(elsewhere: Elsewhere) -> None:
    to_prod = ("--source", "prod", "--env", "prod")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        elsewhere.replay(*to_prod)
    assert refused.value.returncode == 2
    assert "confirm: is missing, and prod is changed only on purpose" in refused.value.stderr
    elsewhere.replay(*to_prod, "--confirm", elsewhere.topics["prod"].project)
    assert elsewhere.came_to("prod") == [encoded(EVENT).data]


def test_a_new_subsystem_in_staging_is_fed_from_prod(elsewhere: Elsewhere) -> None:
    elsewhere.topics["stg"].create("margin-engine")
    elsewhere.replay("--source", "prod", "--env", "stg", "--topic", "margin-engine")
    assert elsewhere.came_to("stg", "margin-engine") == [encoded(EVENT).data]
