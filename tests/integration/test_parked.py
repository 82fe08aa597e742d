"""Parked messages and dead letters: listed, shown, published again, dropped."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.pubsub_v1.types import PubsubMessage

from odds.adapters.event_bus import event_bus_file
from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.parked_messages import KIND, PART_KIND, ParkedMessage, ParkedMessages
from odds.adapters.event_store.ranges import KEY_NAME, Range
from odds.command import EventVelocity
from odds.event import accept
from replayer import dead_letters
from replayer.cli import arguments, set_aside
from replayer.dead_letters import MOST, DeadLetters
from replayer.outlet import Outlet, Refused
from replayer.set_aside import Redrive
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.examples import NOW, command, encoded, new
from tests.integration.recovery import Recovery, opened
from tests.integration.replay_topics import Topics, topics_of
from tests.paths import ROOT

BUS = event_bus_file.load(ROOT / "event_bus.yaml")
HIGH = "events-high-odds-soccer"
MEDIUM = "events-medium-soccer"
DEAD = BUS.dead_letter


@pytest.fixture
def topics(pubsub_host: str, project: str) -> Topics:
    topics = topics_of(pubsub_host, project)
    topics.create(HIGH, MEDIUM)
    topics.create_one(DEAD.topic, DEAD.subscription)
    return topics


@pytest.fixture
def recovery(
    project: str, datastore_host: str, pubsub_host: str, postgres_url: str
) -> Iterator[Recovery]:
    with opened(project, datastore_host, postgres_url, pubsub_host) as recovery:
        yield recovery


@pytest.fixture
def parked(recovery: Recovery) -> ParkedMessages:
    return ParkedMessages(recovery.datastore)


def message(topic: str = HIGH, data: bytes = b"\xff", at: int = NOW) -> ParkedMessage:
    attributes = {"game_id": "soccer:1", "event_id": "e", "googclient_schemaid": "x"}
    return ParkedMessage(data, attributes, f"projects/p/subscriptions/{topic}-projector", "why", at)


def failure(recovery: Recovery, *arguments: str) -> subprocess.CalledProcessError:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        recovery.run(*arguments)
    return failed.value


def test_parked_messages_are_listed_with_their_reason(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    messages = [message(data=bytes([number])) for number in range(45)]
    for each in messages:
        parked.park(each)
    lines = recovery.run("parked", "list").splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(each.name for each in messages)
    assert lines[0].endswith("events-high-odds-soccer-projector why")


def test_what_two_subscriptions_refuse_is_parked_for_each_of_them(
    parked: ParkedMessages, topics: Topics, recovery: Recovery
) -> None:
    for each in (message(HIGH), message(MEDIUM), message(HIGH, at=NOW + 1)):
        parked.park(each)
    assert len(list(parked.every())) == 2
    recovery.run("parked", "redrive", "--all")
    assert (len(topics.pull(HIGH, 1)), len(topics.pull(MEDIUM, 1))) == (1, 1)


def test_a_parked_message_is_shown_with_what_can_be_read_of_it(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    readable, unreadable = message(data=encoded(new()).data), message()
    parked.park(readable)
    parked.park(unreadable)
    assert 'provider: "acme"' in recovery.run("parked", "show", readable.name)
    assert "no Event: b'\\xff'" in recovery.run("parked", "show", unreadable.name)


def test_a_parked_message_goes_back_to_its_topic_and_is_forgotten(
    recovery: Recovery, parked: ParkedMessages, topics: Topics
) -> None:
    parked.park(message())
    parked.park(message(MEDIUM, b"\xfe"))
    recovery.run("parked", "redrive", "--all")
    (high,) = topics.pull(HIGH, 1)
    assert (high.data, high.ordering_key) == (b"\xff", "soccer:1")
    assert dict(high.attributes) == {"game_id": "soccer:1", "event_id": "e"}
    assert topics.pull(MEDIUM, 1)[0].ordering_key == ""
    assert list(parked.every()) == []


def test_what_is_parked_again_while_it_is_redriven_stays_parked(
    recovery: Recovery, parked: ParkedMessages, topics: Topics
) -> None:
    before, again = message(at=NOW), message(at=NOW + 1)
    parked.park(before)

    class ParksAgain(Outlet):
        """The projector, quicker than we are."""

        def publish(self, messages: object) -> list[Refused]:
            parked.park(again)
            return []

    outlet = ParksAgain(topics.publisher, recovery.environment.topic_path)
    Redrive(BUS, "", outlet).parked(before, parked)
    outlet.close()
    assert list(parked.every()) == [again]


def test_a_message_that_can_not_be_published_stays_parked(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    parked.park(message())
    failed = failure(recovery, "parked", "redrive", "--all")
    assert (failed.returncode, list(parked.every())) == (1, [message()])


def test_a_parked_message_is_dropped_by_name_only(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    kept, dropped = message(data=b"1"), message(data=b"2")
    parked.park(kept)
    parked.park(dropped)
    recovery.run("parked", "drop", dropped.name)
    assert list(parked.every()) == [kept]
    assert failure(recovery, "parked", "drop").returncode == 2
    assert failure(recovery, "parked", "drop", "unknown").returncode == 1


def test_a_message_that_is_parked_again_while_it_is_removed_stays_whole(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    data = bytes(range(256)) * 8000
    before, again = message(data=data, at=NOW), message(data=data, at=NOW + 1)
    parked.park(before)

    class Overtaken(Datastore):
        """The projector is quicker than the one who removes."""

        def change(self, key: Any, changed: Any) -> None:
            super().change(key, changed)
            if key.path[-1].kind == KIND:
                parked.park(again)

    client = datastore.connect(recovery.environment.datastore_emulator_host)
    assert ParkedMessages(Overtaken(client, recovery.environment.project)).remove(before)
    assert parked.find(again.name) == again
    assert parked.remove(again)
    assert recovery.datastore.query(Range(PART_KIND, KEY_NAME), 10).entities == []


def test_a_message_that_is_parked_again_leaves_no_part_of_what_it_was(
    recovery: Recovery, parked: ParkedMessages
) -> None:
    data = bytes(2_000_000)
    parked.park(message(data=data, at=NOW))
    parked.park(message(data=data, at=NOW + 1))
    assert list(parked.every()) == [message(data=data, at=NOW + 1)]
    assert len(recovery.datastore.query(Range(PART_KIND, KEY_NAME), 10).entities) == 2


def test_whatever_the_bus_can_carry_fits_into_entities() -> None:
    stored: list[Any] = []

    class Kept(Datastore):
        def __init__(self) -> None:
            self._project = "p"

        def upsert(self, entity: Any) -> None:
            stored.append(entity)

        def change(self, key: Any, changed: Any) -> None:
            stored.append(changed(None))

    most = {f"{number:03}".ljust(256, "\x01"): "\x01" * 1024 for number in range(100)}
    data = bytes(10_000_000)
    ParkedMessages(Kept()).park(ParkedMessage(data, most, "s" * 255, "why" * 1000, NOW))
    assert max(entity.ByteSize() for entity in stored) < 1_048_572
    assert sum(len(entity.properties["Data"].blob_value) for entity in stored) == len(data)


def dead_letter(topics: Topics, topic: str = HIGH) -> None:
    event = accept(
        command(velocity=EventVelocity.HIGH, game_id="soccer:1"), None, "soccer", now=NOW
    )
    source = f"projects/p/subscriptions/{topic}-projector"
    attributes = {"game_id": "soccer:1", "CloudPubSubDeadLetterSourceSubscription": source}
    letter = PubsubMessage(data=encoded(event).data, attributes=attributes)
    path = f"projects/{topics.project}/topics/{DEAD.topic}"
    topics.publisher.publish(topic=path, messages=[letter])


@pytest.fixture
def dead_letters_cli(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """``python -m replayer dead-letter``, in this process; returns what it printed. Where ``of``
    are there it pulls so many, and does not wait for more."""
    workshop = Workshop(Settings(google_cloud_project="test"), recovery.variables())
    parser = arguments.parser()

    def run(*asked: str, of: int = MOST) -> str:
        monkeypatch.setattr(DeadLetters.pull, "__defaults__", (of,))
        assert set_aside.dead_letter(workshop, parser.parse_args(["dead-letter", *asked])) == 0
        return capsys.readouterr().out

    return run


def test_dead_letters_are_listed_and_stay_where_they_are(
    recovery: Recovery, topics: Topics, dead_letters_cli: Callable[..., str]
) -> None:
    dead_letter(topics)
    dead_letter(topics)
    first = recovery.run("dead-letter", "list")
    assert len(first.splitlines()) == 2
    assert sorted(dead_letters_cli("list", of=2).splitlines()) == sorted(first.splitlines())
    assert 'provider: "acme"' in dead_letters_cli("show", first.split()[0], of=2)


def test_a_dead_letter_goes_back_to_its_topic(
    topics: Topics, dead_letters_cli: Callable[..., str]
) -> None:
    dead_letter(topics, MEDIUM)
    dead_letter(topics)
    dead_letters_cli("redrive", "--all", of=2)
    (high,) = topics.pull(HIGH, 1)
    assert (high.ordering_key, dict(high.attributes)) == ("soccer:1", {"game_id": "soccer:1"})
    assert topics.pull(MEDIUM, 1)[0].ordering_key == ""
    assert dead_letters_cli("list") == ""


def test_all_dead_letters_are_settled_however_many_are_held_at_once(
    topics: Topics, dead_letters_cli: Callable[..., str]
) -> None:
    for action, topic in (("redrive", HIGH), ("drop", "retired")):
        for _ in range(6):
            dead_letter(topics, topic)
        dead_letters_cli(action, "--all", of=2)
        assert dead_letters_cli("list") == ""
    assert len(topics.pull(HIGH, 6)) == 6


def test_a_dead_letter_is_dropped_by_name(
    topics: Topics, dead_letters_cli: Callable[..., str]
) -> None:
    dead_letter(topics)
    dead_letter(topics)
    dropped, kept = (line.split()[0] for line in dead_letters_cli("list", of=2).splitlines())
    dead_letters_cli("drop", dropped, of=2)
    assert [line.split()[0] for line in dead_letters_cli("list", of=1).splitlines()] == [kept]


def test_a_bus_that_says_nothing_is_not_taken_for_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dead_letters, "CONNECTED_WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = dead_letters.connect(f"127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(EventBusUnavailable, match="no answer"):
            DeadLetters(client, "projects/p/subscriptions/dead-letters").pull()
