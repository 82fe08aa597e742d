"""Services under gunicorn with their doors shut: who proves to be who they may be is let in."""

import base64
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

import msgspec
import pytest

from odds import event_codec
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from tests.examples import GAME, new
from tests.exchange import JSON, Request, send
from tests.faulty_bus import faulty_bus
from tests.integration.patient_projector import serving_projector
from tests.integration.recovery import NOWHERE
from tests.issuer import Issuer, guarded
from tests.serving import serving
from tests.waiting import wait_for

CALLERS = """
push: push@odds.example
providers:
  acme@feeds.example: [acme]
  bolt@feeds.example: [bolt]
operators: [olga@odds.example]
readers: authenticated
"""
READY = Request("GET", "/health/ready")


class Guarded(NamedTuple):
    """``trust`` is what a service is given to believe the issuer and to know its callers."""

    issuer: Issuer
    trust: dict[str, str]

    def ask(self, url: str, request: Request, email: str | None) -> int:
        """The status of a request that ``email`` makes, or nobody that we know of."""
        bearer = self.issuer.bearer(email) if email else {}
        return send(url, request._replace(headers={**request.headers, **bearer})).status


def judged_by_another_token(request: Request) -> Request:
    """As one comes that Cloud Run's IAM let in by a token which is not the one in Authorization."""
    judged = {"X-Serverless-Authorization": "Bearer x"}
    return request._replace(headers={**request.headers, **judged})


@pytest.fixture(scope="module")
def door() -> Iterator[Guarded]:
    with guarded(CALLERS) as (issuer, trust):
        yield Guarded(issuer, trust)


def keys_known(url: str) -> bool:
    return b"signing" not in send(url, READY).body


def new_odds(provider: str) -> Request:
    asked = {
        "RequestID": str(uuid4()),
        "Provider": provider,
        "Command": "NewOdds",
        "Domain": "Odds",
        "Payload": {"GameID": GAME, "MoneyLine": {"Home": 1.9, "Away": 4.2}},
    }
    return Request("POST", "/odds", {"Content-Type": JSON}, msgspec.json.encode(asked))


def test_a_provider_commands_in_its_own_name_and_nothing_else_is_published(door: Guarded) -> None:
    with faulty_bus() as bus:
        environ = {"GOOGLE_CLOUD_PROJECT": "p", "PUBSUB_EMULATOR_HOST": bus.host}
        with serving("command_api", door.trust | environ) as url:
            wait_for(lambda: keys_known(url))
            assert door.ask(url, new_odds("acme"), None) == 401
            assert door.ask(url, new_odds("acme"), "bolt@feeds.example") == 403
            assert door.ask(url, new_odds("acme"), "olga@odds.example") == 403
            other = judged_by_another_token(new_odds("acme"))
            assert door.ask(url, other, "acme@feeds.example") == 401
            assert bus.attempts == []
            assert door.ask(url, new_odds("acme"), "acme@feeds.example") == 202
            assert len(bus.attempts) == 1


def test_only_the_push_account_pushes_and_nothing_else_is_stored(
    door: Guarded, postgres_url: str, datastore_host: str, project: str
) -> None:
    event = new()
    data = base64.b64encode(event_codec.encode(event)).decode()
    message = {"data": data, "messageId": "1", "publishTime": "2026-11-23T00:00:00Z"}
    body = msgspec.json.encode({"message": message, "subscription": "projects/p/subscriptions/s"})
    push = Request("POST", "/push", {"Content-Type": JSON}, body)
    environ = {
        "GOOGLE_CLOUD_PROJECT": project,
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "DATABASE_URL": postgres_url,
    }
    store = EventStore(Datastore(datastore.connect(datastore_host), project, timeout=60))
    with serving_projector(door.trust | environ) as url:
        wait_for(lambda: keys_known(url))
        assert door.ask(url, push, None) == 401
        assert door.ask(url, push, "acme@feeds.example") == 403
        assert door.ask(url, judged_by_another_token(push), "push@odds.example") == 401
        assert store.find([event.event_id]) == {}
        assert door.ask(url, push, "push@odds.example") == 204
        assert list(store.find([event.event_id])) == [event.event_id]


def test_only_operators_replay(door: Guarded, datastore_host: str, project: str) -> None:
    count = Request("POST", "/replay?domain=odds&env=local&dry_run=true", {}, b"")
    newest = Request("GET", "/replay")
    environ = {
        "GOOGLE_CLOUD_PROJECT": project,
        "DATASTORE_EMULATOR_HOST": datastore_host,
        "PUBSUB_EMULATOR_HOST": NOWHERE,
    }
    with serving("replayer", door.trust | environ) as url:
        wait_for(lambda: keys_known(url))
        for request in (count, newest, Request("DELETE", "/replay/x", {}, b"")):
            assert door.ask(url, request, None) == 401
            assert door.ask(url, request, "acme@feeds.example") == 403
        assert door.ask(url, judged_by_another_token(newest), "olga@odds.example") == 401
        assert door.ask(url, newest, "olga@odds.example") == 200


def test_readers_show_a_token_on_every_way_in(door: Guarded, postgres_url: str) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-transport-ws",
    }
    websocket = Request("GET", "/api/graphql", handshake)
    query = msgspec.json.encode({"query": "{ list_odds { total } }"})
    graphql = Request("POST", "/api/graphql", {"Content-Type": JSON, "Accept": JSON}, query)
    with serving("query_api", door.trust | {"DATABASE_URL": postgres_url}) as url:
        wait_for(lambda: send(url, READY).status == 200)
        for request in (Request("GET", "/odds"), graphql):
            assert door.ask(url, request, None) == 401
            other = judged_by_another_token(request)
            assert door.ask(url, other, "anyone@app.example") == 401
            assert door.ask(url, request, "anyone@app.example") == 200
        assert door.ask(url, websocket, None) == 403
        assert door.ask(url, websocket, "anyone@app.example") == 101


def test_until_the_issuer_has_answered_nobody_is_let_in_and_the_service_is_not_ready(
    door: Guarded,
) -> None:
    environ = {"GOOGLE_CLOUD_PROJECT": "p", "TOKEN_CERTS_URL": "http://127.0.0.1:1/certs"}
    with (
        faulty_bus() as bus,
        serving("command_api", door.trust | environ | {"PUBSUB_EMULATOR_HOST": bus.host}) as url,
    ):
        assert door.ask(url, new_odds("acme"), "acme@feeds.example") == 503
        ready = send(url, READY)
        assert (ready.status, ready.json()["signing keys"]) == (503, "SigningKeysUnavailable")
