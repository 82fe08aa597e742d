"""Commands in JSON: read strictly, and refused by field, problem and expectation."""

import json
import re
from math import isfinite
from typing import Any

import msgspec

from odds.command import CommandRequest, InvalidCommand, MoneyLine, Payload, UnixTime

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "": CommandRequest,
    "Payload": Payload,
    "Payload.MoneyLine": MoneyLine,
}


def _seconds_to_unix_time(wanted: type, seconds: Any) -> UnixTime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds):
        raise ValueError("is not a finite number")
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
    return found if isinstance(found, str) and found.isprintable() else ""


def _decode_loosely(body: bytes, *, malformed: str) -> CommandRequest:
    """Read NaN and Infinity too, which are no JSON, so that the refusal can name their field."""
    try:
        return msgspec.convert(json.loads(body), CommandRequest, dec_hook=_seconds_to_unix_time)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except (ValueError, RecursionError):
        raise InvalidCommand("body", f"is malformed: {malformed}") from None


def _explained(error: str) -> InvalidCommand:
    """Tell msgspec's error in the words of the contract."""
    problem, _, place = error.partition(" - at `$")
    path = place.strip(".`")
    if found := re.fullmatch(r"Object missing required field `(.+)`", problem):
        return InvalidCommand(f"{path}.{found[1]}".lstrip("."), "is missing")
    if found := re.fullmatch(r"Object contains unknown field `(.+)`", problem):
        known = ", ".join(f.encode_name for f in msgspec.structs.fields(_STRUCTS[path]))
        return InvalidCommand(f"{path}.{found[1]}".lstrip("."), "is unknown", f"only {known}")
    if found := re.fullmatch(r"Invalid enum value '?(.*?)'?", problem):
        return InvalidCommand(path, f"{found[1]!r} is unknown")
    if found := re.fullmatch(r"Expected `.+`, got `(.+)`", problem):
        return InvalidCommand(path or "body", f"is of type {found[1]}")
    return InvalidCommand(path or "body", problem)
