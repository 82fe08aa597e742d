"""What is recovered and replayed: an event store and a read model, topics, a replayer."""

from collections.abc import Iterator

import pytest

from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.integration.recovery import Recovery, opened
from tests.integration.replay_topics import HIGH, MEDIUM, Topics, topics_of
from tests.paths import ROOT


@pytest.fixture
def recovery(project: str, datastore_host: str, postgres_url: str) -> Iterator[Recovery]:
    """Without a bus."""
    with opened(project, datastore_host, postgres_url) as recovery:
        yield recovery


@pytest.fixture
def topics(pubsub_host: str, project: str) -> Topics:
    topics = topics_of(pubsub_host, project)
    topics.create(HIGH, MEDIUM)
    return topics


@pytest.fixture
def workshop(recovery: Recovery) -> Workshop:
    given = Settings(
        google_cloud_project="test",
        environments_file=str(ROOT / "environments.yaml"),
        event_bus_file=str(ROOT / "event_bus.yaml"),
    )
    return Workshop(given, recovery.variables())
