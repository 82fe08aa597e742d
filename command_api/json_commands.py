"""Commands in JSON: read strictly, and refused by field, problem and expectation."""

import json
import re
from typing import Any

import msgspec

from odds.command import (
    EXPECTED,
    CommandRequest,
    InvalidCommand,
    MoneyLine,
    Payload,
    UnixTime,
    is_text,
)

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "": CommandRequest,
    "Payload": Payload,
    "Payload.MoneyLine": MoneyLine,
}

_FARTHEST = 9 * 10**12
"""Seconds from the epoch, whose microseconds 64 bits hold; so milliseconds are told from them."""
_LONGEST_QUOTE = 60


def _seconds_to_unix_time(wanted: type, seconds: Any) -> UnixTime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("is not a number")
    if not -_FARTHEST < seconds < _FARTHEST:  # nor is NaN
        raise ValueError("is out of range")
    return UnixTime(round(seconds * 1_000_000))


_decoder = msgspec.json.Decoder(CommandRequest, dec_hook=_seconds_to_unix_time)


def decode_command(body: bytes) -> CommandRequest:
    """Read a command; ``check_command`` checks its values. Raises InvalidCommand."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _decode_loosely(body, malformed=str(error))


def request_id(body: bytes) -> str:
    """The RequestID of a body that may be a command; empty where none can be read."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = given.get("RequestID") if isinstance(given, dict) else None
    return found if isinstance(found, str) and is_text(found) else ""


def _decode_loosely(body: bytes, *, malformed: str) -> CommandRequest:
    """Read NaN and Infinity too, which are no JSON, so that the refusal can name their field."""
    try:
        return msgspec.convert(json.loads(body), CommandRequest, dec_hook=_seconds_to_unix_time)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except (ValueError, RecursionError):
        raise InvalidCommand("body", f"is malformed: {malformed}") from None


def _explained(error: str) -> InvalidCommand:
    """Tell msgspec's error in the words of the contract.

    What a provider sent stands inside that text, so nothing in it is taken for granted.
    """
    problem, found_place, place = error.rpartition(" - at `$")
    problem, path = (problem, place.strip(".`")) if found_place else (error, "")
    if path and path not in EXPECTED:
        return InvalidCommand("body", _quoted(error))
    if found := re.fullmatch(r"Object missing required field `(.+)`", problem):
        return InvalidCommand(f"{path}.{found[1]}".lstrip("."), "is missing")
    if found := re.fullmatch(r"Object contains unknown field `(.+)`", problem, re.DOTALL):
        known = ", ".join(
            f.encode_name for f in msgspec.structs.fields(_STRUCTS.get(path, CommandRequest))
        )
        field = f"{path}.{_quoted(found[1])}".lstrip(".")
        return InvalidCommand(field, "is unknown", f"only {known}")
    if found := re.fullmatch(r"Invalid enum value '?(.*?)'?", problem, re.DOTALL):
        return InvalidCommand(path, f"{_quoted(found[1])!r} is unknown")
    if found := re.fullmatch(r"Expected `.+`, got `(.+)`", problem):
        return InvalidCommand(path or "body", f"is of type {found[1]}")
    return InvalidCommand(path or "body", _quoted(problem))


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
