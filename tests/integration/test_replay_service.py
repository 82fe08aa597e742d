"""The replay service over HTTP, with workers as processes of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from replayer.app import ReplayApi
from replayer.launcher import ProcessLauncher
from replayer.settings import Settings
from replayer.workshop import Workshop
from tests.integration.recovery import Recovery, opened, some_events
from tests.integration.replay_topics import Topics, topics_of
from tests.paths import ROOT
from tests.waiting import wait_for

MEDIUM = "events-medium-soccer"


@pytest.fixture
def topics(pubsub_host: str, project: str) -> Topics:
    topics = topics_of(pubsub_host, project)
    topics.create(MEDIUM)
    return topics


@pytest.fixture
def recovery(
    project: str, datastore_host: str, pubsub_host: str, postgres_url: str
) -> Iterator[Recovery]:
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
    return ReplayApi(Workshop(Settings(), variables), ProcessLauncher()).flask().test_client()


def data(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json["Data"]  # type: ignore[index]
    return found


def ended(client: FlaskClient, path: str) -> dict[str, Any]:
    wait_for(lambda: data(client, path)["EndedAt"])
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
    location = client.post("/replay?domain=odds&env=local&rate=50").headers["Location"]
    wait_for(lambda: data(client, location)["EventsPublished"] > 0)
    running = data(client, location)
    assert (running["State"], running["ETASeconds"] > 0) == ("running", True)
    assert running["Rate"] == pytest.approx(50, rel=0.5)
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
        ("domain=odds&env=local&topic=nowhere", 503, "nowhere"),
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


def test_a_method_that_is_not_there_is_405(client: FlaskClient) -> None:
    answer = client.put("/replay")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


def test_the_service_is_ready_when_its_datastore_is(client: FlaskClient, project: str) -> None:
    assert client.get("/health/ready").status_code == 200
    away = Workshop(Settings(), {"DATASTORE_EMULATOR_HOST": "127.0.0.1:1"})
    unready = ReplayApi(away, ProcessLauncher()).flask().test_client()
    assert unready.get("/health/ready").status_code == 503
