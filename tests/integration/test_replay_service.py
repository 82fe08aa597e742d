"""The replay service over HTTP, with workers as processes of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from odds.adapters import clock
from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.guard.guard import OpenDoor
from replayer.app import MAX_BODY, UNAVAILABLE, ReplayApi
from replayer.launcher import NotLaunched, ProcessLauncher
from replayer.replay import Progress, Replay, ReplayRequest, State
from replayer.replays import Replays
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.integration.recovery import NOWHERE, Recovery, opened, some_events
from tests.integration.replay_topics import Topics, topics_of
from tests.paths import ROOT
from tests.waiting import wait_for

MEDIUM = "events-medium-soccer"

AWAY = {
    "GOOGLE_CLOUD_PROJECT": "test",
    "DATASTORE_EMULATOR_HOST": NOWHERE,
    "PUBSUB_EMULATOR_HOST": NOWHERE,
}


@pytest.fixture
def topics(pubsub_host: str, project: str) -> Topics:
    topics = topics_of(pubsub_host, project)
    topics.create(MEDIUM)
    return topics


@pytest.fixture
def recovery(
    project: str,
    datastore_host: str,
    pubsub_host: str,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Recovery]:
    monkeypatch.setattr("replayer.workshop.REPLAYS_TIMEOUT", 60.0)
    with opened(project, datastore_host, postgres_url, pubsub_host) as recovery:
        recovery.store(some_events(300))
        yield recovery


@pytest.fixture
def client(recovery: Recovery, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Workers inherit this process' environment and directory."""
    variables = recovery.variables() | {"PROD_PROJECT": "odds-prod"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    return (
        ReplayApi(
            Workshop(Settings(google_cloud_project="test"), variables),
            ProcessLauncher(),
            OpenDoor(),
        )
        .flask()
        .test_client()
    )


def data(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json["Data"]  # type: ignore[index]
    return found


def ended(client: FlaskClient, path: str) -> dict[str, Any]:
    wait_for(lambda: data(client, path)["EndedAt"], seconds=60)
    return data(client, path)


def test_a_replay_is_accepted_runs_and_can_be_watched(client: FlaskClient, topics: Topics) -> None:
    answer = client.post("/replay?domain=odds&env=local&from=1790000000.1")
    assert answer.status_code == 202
    location = answer.headers["Location"]
    body = answer.json
    assert body is not None
    assert (body["Status"], location) == ("success", f"/replay/{body['Data']['ReplayID']}")
    replay = ended(client, location)
    assert (replay["State"], replay["EventsRead"], replay["EventsPublished"]) == (
        "finished",
        200,
        200,
    )
    assert (replay["From"], replay["EventsFailed"], replay["Done"]) == (
        "2026-09-21T14:13:20.100000Z",
        0,
        1.0,
    )
    assert len(topics.pull(MEDIUM, 200)) == 200
    assert [each["ReplayID"] for each in data(client, "/replay")["Replays"]] == [replay["ReplayID"]]


def test_a_replay_that_runs_can_be_cancelled(client: FlaskClient, topics: Topics) -> None:
    location = client.post("/replay?domain=odds&env=local&rate=10").headers["Location"]
    wait_for(lambda: data(client, location)["ETASeconds"], seconds=60)
    running = data(client, location)
    assert running["State"] == "running"
    assert 0 < running["Rate"] < 30  # 10, and what it makes up for
    assert client.delete(location).status_code == 202
    assert ended(client, location)["State"] == "cancelled"
    assert client.delete(location).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("", 400, "domain: is missing; expected odds"),
        ("domain=odds", 400, "env: is missing"),
        ("domain=odds&env=moon", 400, "env: 'moon' is not known"),
        ("domain=odds&env=stg", 400, "stg is not configured here"),
        ("domain=odds&env=local&from=2&to=1", 400, "from: is not before to"),
        ("domain=odds&env=local&env=prod", 400, "env: is given 2 times"),
        ("domain=odds&env=local&spede=1", 400, "spede: is not known"),
        ("domain=odds&env=prod", 400, "confirm: is missing"),
        ("domain=odds&env=prod&confirm=prod", 400, "confirm: is 'prod'"),
        ("domain=odds&env=local&topic=nowhere", 400, "topic: is 'nowhere', which local does not"),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_said(
    client: FlaskClient, query: str, status: int, told: str
) -> None:
    answer = client.post(f"/replay?{query}", headers={"X-Request-ID": "mine"})
    assert answer.status_code == status
    body = answer.json
    assert body is not None
    assert (body["Status"], body["RequestID"]) == ("fail", "mine")
    assert told in body["Msg"]
    assert data(client, "/replay")["Replays"] == []


def test_a_replay_that_is_not_there_is_404(client: FlaskClient) -> None:
    assert client.get("/replay/none").status_code == 404
    assert client.delete("/replay/none").status_code == 404
    assert client.post("/replay/none/resume").status_code == 404


def test_a_method_that_is_not_there_is_405(client: FlaskClient) -> None:
    answer = client.put("/replay")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


def test_a_body_that_is_too_long_is_refused_and_nothing_queued(client: FlaskClient) -> None:
    answer = client.post("/replay?domain=odds&env=local", data=bytes(MAX_BODY + 1))
    assert (answer.status_code, answer.json["Msg"]) == (  # type: ignore[index]
        413,
        "body: is too long; expected at most 1024 bytes",
    )
    assert data(client, "/replay")["Replays"] == []


def test_the_words_of_the_run_api_are_for_the_log(
    recovery: Recovery, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def launch(self, replay_id: str) -> None:
            raise NotLaunched("POST https://run.example/jobs/secret: 403")

    workshop = Workshop(Settings(google_cloud_project="test"), recovery.variables())
    client = ReplayApi(workshop, Broken(), OpenDoor()).flask().test_client()
    answer = client.post("/replay?domain=odds&env=local&dry_run=true")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, False)
    assert "secret" not in answer.text
    replay_id = answer.json["Data"]["ReplayID"]  # type: ignore[index]
    assert "resume it" in answer.json["Msg"]  # type: ignore[index]
    assert answer.headers["Location"] == f"/replay/{replay_id}"
    assert "run.example/jobs/secret" in str([record.__dict__ for record in caplog.records])
    (queued,) = data(client, "/replay")["Replays"]
    assert (queued["ReplayID"], queued["State"]) == (replay_id, "queued")


def test_the_words_of_datastore_are_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    away = Workshop(Settings(google_cloud_project="test"), AWAY)
    client = ReplayApi(away, ProcessLauncher(), OpenDoor()).flask().test_client()
    answer = client.get("/replay")
    assert answer.status_code == 503
    assert answer.json["Msg"] == UNAVAILABLE[EventStoreUnavailable]  # type: ignore[index]
    assert "127.0.0.1:1" in str([record.__dict__ for record in caplog.records])


def test_the_service_is_ready_when_its_datastore_is(client: FlaskClient, project: str) -> None:
    wait_for(lambda: client.get("/health/ready").status_code == 200)
    away = Workshop(Settings(google_cloud_project="test"), AWAY)
    unready = ReplayApi(away, ProcessLauncher(), OpenDoor()).flask().test_client()
    assert unready.get("/health/ready").status_code == 503


@pytest.mark.parametrize("died", [{"state": State.FAILED}, {"state": State.RUNNING, "owner": "x"}])
def test_a_replay_that_failed_or_whose_worker_died_is_resumed_where_it_was(
    client: FlaskClient, recovery: Recovery, topics: Topics, died: dict[str, Any]
) -> None:
    events = some_events(300)
    place = f"{events[99].created_at:020}|{events[99].event_id}"
    half_way = Progress(place=place, read=100, published=100)
    add(recovery, progress=half_way, **died)
    answer = client.post("/replay/mine/resume")
    assert (answer.status_code, answer.headers["Location"]) == (202, "/replay/mine")
    replay = ended(client, "/replay/mine")
    assert (replay["State"], replay["EventsPublished"]) == ("finished", 300)
    came = {message.attributes["event_id"] for message in topics.pull(MEDIUM, 200)}
    assert came == {str(event.event_id) for event in events[100:]}


@pytest.mark.parametrize(
    ("is_now", "told"),
    [
        ({"state": State.FINISHED}, "replay mine is finished"),
        ({"state": State.RUNNING, "owner": "host/1", "seen_at": 10**17}, "run by host/1"),
    ],
)
def test_a_replay_that_is_finished_or_being_run_is_not_resumed(
    client: FlaskClient, recovery: Recovery, is_now: dict[str, Any], told: str
) -> None:
    add(recovery, **is_now)
    before = data(client, "/replay/mine")
    answer = client.post("/replay/mine/resume")
    assert answer.status_code == 409
    assert told in answer.json["Msg"]  # type: ignore[index]
    assert data(client, "/replay/mine") == before


def add(recovery: Recovery, **facts: Any) -> None:
    """A replay of everything, named "mine", that somebody else began."""
    request = ReplayRequest(source="local", target="local", end=10**17)
    replay = Replay(replay_id="mine", request=request, created_at=1, **facts)
    Replays(recovery.datastore, clock.now).add(replay)
