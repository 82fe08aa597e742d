"""Commands in JSON, as hostile as they come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_api import json_commands
from odds.command import EXPECTED, CommandRequest, InvalidCommand, check_command
from tests.examples import NOW

_FIELDS = ["RequestID", "Provider", "Command", "Domain", "Payload", "GameID", "MoneyLine", "Home"]
_hostile = st.sampled_from(
    ["a` - at `$.Command", "a - at `$.zzz", "x' - at `$.Payload", "NewOdds", "Odds", "\ud800", ""]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _hostile,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(_FIELDS) | _hostile, inner, max_size=6)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(_FIELDS) | _hostile, _values, max_size=7))
def test_whatever_is_sent_is_a_command_or_refused(body: dict[str, Any]) -> None:
    refusal = read(json.dumps(body).encode())
    assert isinstance(refusal, CommandRequest) or "; expected " in str(refusal)


@given(st.binary(max_size=40))
def test_whatever_bytes_are_sent_are_refused(body: bytes) -> None:
    assert isinstance(read(body), InvalidCommand)


def read(body: bytes) -> CommandRequest | InvalidCommand:
    try:
        command = json_commands.decode_command(body)
        check_command(command, now=NOW)
    except InvalidCommand as refusal:
        return refusal
    return command


@pytest.mark.parametrize(
    "body",
    [
        {"a - at `$.zzz": 1},
        {"a` - at `$.Command": 1},
        {"Command": "x - at `$.q"},
        {"Domain": "` - at `$.Payload.MoneyLine.q"},
        {"Payload": {"a` - at `$.Payload.MoneyLine": 1}},
    ],
)
def test_a_provider_cannot_lead_the_refusal_astray(body: dict[str, Any]) -> None:
    refusal = read(json.dumps(body).encode())
    assert isinstance(refusal, InvalidCommand)
    assert refusal.field == "body" or refusal.field.split(".")[0] in [*EXPECTED, *body]


def test_what_a_provider_sent_is_not_quoted_without_end() -> None:
    refusal = read(json.dumps({"Command": "x" * 5000, "Payload": {}}).encode())
    assert len(str(refusal)) < 200


@pytest.mark.parametrize("request_id", ["plain", "a\u00a0b", "é ☂"])
def test_a_request_id_that_would_be_accepted_is_echoed(request_id: str) -> None:
    assert json_commands.request_id(json.dumps({"RequestID": request_id}).encode()) == request_id


@pytest.mark.parametrize("body", [b'{"RequestID": "a\\u0000b"}', b'{"RequestID": 7}', b"[]", b"{"])
def test_a_request_id_that_cannot_be_read_is_empty(body: bytes) -> None:
    assert json_commands.request_id(body) == ""
