"""What is said of Pub/Sub and Datastore is asked of ours, and of Google's where installed."""

from collections.abc import Iterator

import pytest
from google.cloud import datastore

from local.emulators import google
from tests.contract.datastore import put_people
from tests.contract.pubsub import PubSub, clients
from tests.datastore_api import Api
from tests.push_endpoint import PushEndpoint, push_endpoint

_EACH = ["embedded", "google"]


@pytest.fixture(scope="session", params=_EACH)
def datastore_host(request: pytest.FixtureRequest) -> str:
    return _host(request, "datastore")


@pytest.fixture(scope="session", params=_EACH)
def pubsub_host(request: pytest.FixtureRequest) -> str:
    return _host(request, "pubsub")


@pytest.fixture
def api(datastore_host: str, project: str) -> Api:
    return Api(datastore_host, project)


@pytest.fixture
def library(datastore_host: str, project: str, monkeypatch: pytest.MonkeyPatch) -> datastore.Client:
    """Google's own high-level client."""
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
    return datastore.Client(project=project)


@pytest.fixture
def people(api: Api) -> Api:
    put_people(api)
    return api


@pytest.fixture
def pubsub(pubsub_host: str, project: str) -> PubSub:
    return clients(pubsub_host, project)


@pytest.fixture
def patience(pubsub_host: str, embedded_pubsub_host: str) -> float:
    """Seconds to wait for what ours does, and Google's emulator is expected never to do."""
    return 20.0 if pubsub_host == embedded_pubsub_host else 3.0


@pytest.fixture
def endpoint() -> Iterator[PushEndpoint]:
    with push_endpoint() as endpoint:
        yield endpoint


def _host(request: pytest.FixtureRequest, kind: str) -> str:
    if request.param == "google" and not google.installed():
        pytest.skip("Google's emulators are not installed")
    host: str = request.getfixturevalue(f"{request.param}_{kind}_host")
    return host
