"""The local stack: what survives it, and what it says instead of losing something."""

import json
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from local.emulators.choice import Emulators
from local.errors import StackError
from local.stack import Stack
from local.waiting import answers_ok, wait_until
from odds.identity import event_id, external_id
from tests.stack import fresh_stack

PROVIDER = "stack-test"
SECONDS = 60.0


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    with fresh_stack() as stack:
        yield stack


def test_odds_sent_just_before_down_are_there_after_up(own_stack: Stack) -> None:
    own_stack.start()
    odds = [_new_odds(own_stack, f"request-{number}") for number in range(50)]
    own_stack.stop()
    assert own_stack.processes.alive() == ()

    own_stack.start()
    assert wait_until(lambda: all(map(answers_ok, odds)), SECONDS)


def test_down_loses_nothing_that_a_dead_projector_did_not_take(
    emulators: Emulators, own_stack: Stack
) -> None:
    own_stack.start()
    own_stack.kill_part("projector")
    odds = _new_odds(own_stack, "unheard")
    if emulators.durable_bus:
        own_stack.stop()
    else:
        with pytest.raises(StackError, match="the projector is not ready"):
            own_stack.stop()

    own_stack.start()
    assert wait_until(lambda: answers_ok(odds), SECONDS), "the event was lost"


def test_a_port_in_use_is_named_before_anything_is_started(own_stack: Stack) -> None:
    port = int(own_stack.environment["QUERY_API_PORT"])
    told = f"port {port} of query_api is in use.*QUERY_API_PORT"
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(StackError, match=told),
    ):
        own_stack.start()
    assert own_stack.processes.all() == ()


def test_each_part_can_be_stopped_and_started_again(own_stack: Stack) -> None:
    own_stack.start()
    for part in ("postgres", "datastore-emulator", "command_api"):
        own_stack.stop_part(part)
        assert own_stack.processes.named(part) is None
        own_stack.start_part(part)
    odds = _new_odds(own_stack, "after all that")
    assert wait_until(lambda: answers_ok(odds), SECONDS)


def _new_odds(stack: Stack, request_id: str) -> str:
    """Send one NewOdds and return the URL where its odds can be read."""
    command = {
        "RequestID": request_id,
        "Provider": PROVIDER,
        "Command": "NewOdds",
        "Domain": "Odds",
        "Payload": {"GameID": f"tennis:{request_id}", "MoneyLine": {"Home": 1.5, "Away": 2.5}},
    }
    request = urllib.request.Request(
        f"{stack.gateway_url}/odds",
        data=json.dumps(command).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 202
    return f"{stack.gateway_url}/odds/{external_id(event_id(PROVIDER, request_id))}"
