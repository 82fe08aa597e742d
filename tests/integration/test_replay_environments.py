"""Replays from and to other environments, each a project of its own on the same emulators."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import msgspec
import pytest

from odds import timestamp
from odds.adapters import clock
from odds.adapters.event_bus import publisher
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.command import EventVelocity
from odds.event import Event, accept
from replayer import facts
from replayer.outlet import Outgoing, Outlet
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests import runbook
from tests.examples import command, encoded, new
from tests.faulty_bus import refused
from tests.faulty_datastore import FaultyDatastore, faulty_datastore
from tests.integration.recovery import Recovery, opened
from tests.integration.replay_topics import HIGH, MEDIUM, Topics, event_ids, ids, topics_of
from tests.paths import ROOT

LOW = "events-low"
DEDICATED = "margin-engine"
STAGING = "A match again in staging"
DEBUGGING = "Debugging here what happened there"
FEEDING = "Feeding a new subsystem"

KICK_OFF = timestamp.microseconds("2026-11-21T15:00:00Z")
EARLIER = new(at=KICK_OFF - 1)
EVENT = new(at=KICK_OFF)
ELSEWHERE = new(at=KICK_OFF + 1, game_id="soccer:another")
SOON = new(at=KICK_OFF + 2_000_000)
STORED = [EARLIER, EVENT, ELSEWHERE, SOON]
"""What prod has: of one match two events while it is played, one before it, one of another."""

DEBUGGED = "6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"
"""The odds of the runbook."""
WRITE_REFUSED = refused(grpc.StatusCode.PERMISSION_DENIED)


class Elsewhere(NamedTuple):
    """``production`` is how prod's Datastore is reached."""

    here: Recovery
    file: Path
    topics: dict[str, Topics]
    production: FaultyDatastore

    def run_section(self, heading: str, **shell: str) -> list[dict[str, Any]]:
        """How the replays of a section of the runbook ended, with what it exports over what the
        shell has. Raises CalledProcessError."""
        exports = {name: self.ours(value) for name, value in runbook.exports(heading).items()}
        return [
            self.run(*map(self.ours, each), variables=shell | exports)
            for each in runbook.replayer(heading)
        ]

    def run(self, *module: str, variables: dict[str, str]) -> dict[str, Any]:
        """How a replay ended. Raises CalledProcessError."""
        given = self.here.variables() | {"ENVIRONMENTS_FILE": str(self.file)} | variables
        asked = [sys.executable, "-m", *module]
        done = subprocess.run(asked, cwd=ROOT, env=given, capture_output=True, text=True)
        done.check_returncode()
        ended: dict[str, Any] = msgspec.json.decode(done.stdout)
        return ended

    def ours(self, text: str) -> str:
        """With what is in place of the runbook's projects and odds."""
        for name in ("stg", "prod"):
            text = text.replace(f"odds-{name}", self.topics[name].project)
        return text.replace(DEBUGGED, str(EVENT.external_id))

    def came_to(self, name: str, *events: Event, topic: str = MEDIUM) -> bool:
        """Whether these came, in whatever order."""
        came = ids(self.topics[name].pull(topic, len(events)))
        return sorted(came) == sorted(event_ids(events))


@pytest.fixture
def elsewhere(
    project: str, datastore_host: str, pubsub_host: str, postgres_url: str, tmp_path: Path
) -> Iterator[Elsewhere]:
    topics = {
        name: topics_of(pubsub_host, f"{project}-{name}") for name in ("local", "stg", "prod")
    }
    for each in topics.values():
        each.create(MEDIUM)
    production = Datastore(datastore.connect(datastore_host), topics["prod"].project, timeout=60)
    EventStore(production).record([encoded(event) for event in STORED])
    with (
        faulty_datastore(datastore_host) as (relay, relay_host),
        opened(topics["local"].project, datastore_host, postgres_url, pubsub_host) as here,
    ):
        file = tmp_path / "environments.yaml"
        file.write_text(
            described("local", "GOOGLE_CLOUD_PROJECT", pubsub_host, datastore_host)
            + described("stg", "STG_PROJECT", pubsub_host, datastore_host)
            + described("prod", "PROD_PROJECT", pubsub_host, relay_host)
        )
        yield Elsewhere(here, file, topics, relay)


def described(name: str, project: str, pubsub_host: str, datastore_host: str) -> str:
    """An environment; ``project`` is the variable that its project is read from."""
    return f"""
{name}:
  project: ${{{project}:-}}
  pubsub_emulator_host: "{pubsub_host}"
  datastore_emulator_host: "{datastore_host}"
  queries_at_once: 2
  must_confirm: {str(name == "prod").lower()}
"""


def test_what_happened_in_prod_is_debugged_here_and_nothing_is_written_there(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.production.otherwise = WRITE_REFUSED
    [ended] = elsewhere.run_section(DEBUGGING, REPLAYER_ENV="prod")
    assert (ended["Source"], ended["Env"], ended["State"]) == ("prod", "local", "finished")
    assert (ended["EventsRead"], ended["EventsPublished"]) == (1, 1)
    assert elsewhere.came_to("local", EVENT)
    assert elsewhere.production.commits == 0


def test_a_match_of_prod_is_watched_again_in_staging_by_whoever_may_only_read_there(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.production.otherwise = WRITE_REFUSED
    [ended] = elsewhere.run_section(STAGING)
    assert (ended["Source"], ended["Env"], ended["State"]) == ("prod", "stg", "finished")
    assert (ended["EventsRead"], ended["EventsPublished"]) == (3, 2)
    assert elsewhere.came_to("stg", EVENT, SOON)
    assert elsewhere.production.commits == 0


def test_replays_are_kept_where_the_replayer_runs(elsewhere: Elsewhere) -> None:
    elsewhere.production.otherwise = WRITE_REFUSED
    exports = runbook.exports(STAGING) | {"REPLAYER_ENV": "prod"}
    variables = {name: elsewhere.ours(value) for name, value in exports.items()}
    with pytest.raises(subprocess.CalledProcessError) as failed:
        elsewhere.run("replayer", "replay", "--env", "stg", variables=variables)
    assert failed.value.returncode == 1
    assert "told to refuse" in failed.value.stderr


def test_prod_is_replayed_to_only_where_its_project_is_named(elsewhere: Elsewhere) -> None:
    variables = {"PROD_PROJECT": elsewhere.topics["prod"].project}
    to_prod = ("replayer", "replay", "--source", "prod", "--env", "prod")
    with pytest.raises(subprocess.CalledProcessError) as refusal:
        elsewhere.run(*to_prod, variables=variables)
    assert refusal.value.returncode == 2
    assert "confirm: is missing, and prod is changed only on purpose" in refusal.value.stderr
    elsewhere.run(*to_prod, "--confirm", elsewhere.topics["prod"].project, variables=variables)
    assert elsewhere.came_to("prod", *STORED)


def test_a_new_subsystem_is_fed_with_all_that_prod_has(elsewhere: Elsewhere) -> None:
    elsewhere.topics["prod"].create(DEDICATED)
    counted, fed = elsewhere.run_section(FEEDING)
    assert [each["DryRun"] for each in (counted, fed)] == [True, False]
    assert [each["EventsPublished"] for each in (counted, fed)] == [len(STORED), len(STORED)]
    assert elsewhere.came_to("prod", *STORED, topic=DEDICATED)


def test_what_is_accepted_once_a_replay_was_asked_for_comes_to_whoever_subscribed_before_it(
    elsewhere: Elsewhere,
) -> None:
    prod = elsewhere.topics["prod"]
    prod.create(HIGH, LOW, DEDICATED)
    variables = {**os.environ, "PROD_PROJECT": prod.project}
    given = Settings(
        google_cloud_project="test",
        replayer_env="prod",
        environments_file=str(elsewhere.file),
        event_bus_file=str(ROOT / "event_bus.yaml"),
    )
    workshop = Workshop(given, variables)
    before = accepted(workshop)
    live = {topic: f"{DEDICATED}-{topic}" for topic in (HIGH, LOW, MEDIUM)}
    for topic, subscription in live.items():
        prod.subscribe(topic, subscription)
    between = accepted(workshop)
    confirmed = {"env": "prod", "confirm": prod.project, "topic": DEDICATED}
    asked_for = workshop.add(workshop.read({"domain": "odds"} | confirmed))
    after = accepted(workshop)
    workshop.run(asked_for.replay_id)

    assert elsewhere.came_to("prod", *STORED, *before, *between, topic=DEDICATED)
    for subscription, *new_to_it in zip(live.values(), between, after, strict=True):
        assert elsewhere.came_to("prod", *new_to_it, topic=subscription)


def accepted(workshop: Workshop) -> list[Event]:
    """An event of each tier in prod, high, low and medium: published, and stored."""
    events = [
        accept(command(velocity=tier), None, "soccer", now=clock.now()) for tier in EventVelocity
    ]
    outgoing = []
    for data in (encoded(event).data for event in events):
        found = facts.read(data)
        route = workshop.bus.route(found.velocity, found.domain, found.game_type, found.game_id)
        outgoing.append(Outgoing(route, data, found.attributes()))
    host = workshop.home.pubsub_emulator_host
    outlet = Outlet(publisher.connect(host), workshop.home.topic_path)
    assert outlet.publish(outgoing) == []
    outlet.close()
    EventStore(workshop.home.datastore()).record([encoded(event) for event in events])
    return events
