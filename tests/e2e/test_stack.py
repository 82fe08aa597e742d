"""The local stack: what survives it, and what it says instead of losing something."""

import json
import shlex
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial

import pytest

from local.emulators.choice import Emulators
from local.errors import StackError
from local.stack import Stack
from local.try_it import what_to_try
from local.waiting import answers_ok, wait_until
from odds.identity import event_id, external_id
from tests.stack import fresh_stack

PROVIDER = "stack-test"
SECONDS = 60.0
# A pasted stream would go on for ever.
CURL_SECONDS = "3"


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """Each test leaves it running."""
    with fresh_stack() as stack:
        stack.start()
        yield stack


def test_odds_sent_just_before_down_are_there_after_up(own_stack: Stack) -> None:
    odds = [_new_odds(own_stack, f"request-{number}") for number in range(50)]
    own_stack.stop()
    assert own_stack.processes.alive() == ()

    own_stack.start()
    assert wait_until(lambda: all(map(answers_ok, odds)), SECONDS)


def test_down_loses_nothing_that_a_dead_projector_did_not_take(
    emulators: Emulators, own_stack: Stack
) -> None:
    own_stack.kill_part("projector")
    odds = _new_odds(own_stack, "unheard")
    if emulators.durable_bus:
        own_stack.stop()
    else:
        with pytest.raises(StackError, match="the projector is not ready"):
            own_stack.stop()

    own_stack.start()
    assert wait_until(lambda: answers_ok(odds), SECONDS), "the event was lost"


def test_each_part_can_be_stopped_and_started_again(own_stack: Stack) -> None:
    for part in ("postgres", "datastore-emulator", "command_api"):
        own_stack.stop_part(part)
        assert own_stack.processes.named(part) is None
        own_stack.start_part(part)
    odds = _new_odds(own_stack, "after all that")
    assert wait_until(lambda: answers_ok(odds), SECONDS)


def test_a_port_in_use_is_named_before_anything_is_started() -> None:
    with fresh_stack() as stack:
        port = int(stack.environment["QUERY_API_PORT"])
        told = f"port {port} of query_api is in use.*QUERY_API_PORT"
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(StackError, match=told),
        ):
            stack.start()
        assert stack.processes.all() == ()


def test_the_lines_that_a_demo_prints_work_when_pasted(own_stack: Stack) -> None:
    lines = what_to_try(own_stack.gateway_url).replace("\\\n", " ").splitlines()
    pasted = [line.strip() for line in lines if line.strip().startswith("curl")]
    assert len(pasted) == 5
    for line in pasted:
        assert wait_until(partial(_works, line), SECONDS), line


def _works(line: str) -> bool:
    curl, *rest = shlex.split(line)
    command = (curl, "--max-time", CURL_SECONDS, *rest)
    answer = subprocess.run(command, capture_output=True, text=True).stdout
    return answer != "" and '"fail"' not in answer and '"errors"' not in answer


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
