"""What an operator asks for, over HTTP or on the command line, checked."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from odds import timestamp
from odds.command import EventVelocity
from replayer.environments import BadEnvironment, Environments
from replayer.replay import ReplayRequest

DOMAIN = "odds"
KNOWN = (
    *("domain", "from", "to", "env", "source", "confirm"),
    *("game_id", "game_type", "provider", "external_id", "velocity"),
    *("topic", "rate", "speed", "dry_run"),
)

_TOPIC = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
"""https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names"""
_TOPIC_EXPECTED = (
    "a topic's name without its project: 3 to 255 of A-Z a-z 0-9 - _ . ~ + %, a letter first, "
    "and not goog"
)

T = TypeVar("T")


class BadParameter(ValueError):
    """A parameter is no good: which, what was wrong, what was expected."""

    def __init__(self, name: str, problem: str, expected: str) -> None:
        super().__init__(f"{name}: {problem}; expected {expected}")


def replay_request(
    given: Mapping[str, str], environments: Environments, *, home: str, now: int
) -> ReplayRequest:
    """Read the parameters. ``home`` is the environment that events come from where no source is
    named; ``now`` (µs) is the end where none is given. Raises BadParameter."""
    for name in given:
        if name not in KNOWN:
            raise BadParameter(ascii(name[:40])[1:-1], "is not known", f"one of {', '.join(KNOWN)}")
    if given.get("domain") != DOMAIN:
        raise BadParameter("domain", _said(given, "domain"), DOMAIN)
    end = _optional(given, "to", timestamp.microseconds, timestamp.EXPECTED)
    request = ReplayRequest(
        source=_environment(given, "source", environments, home),
        target=_environment(given, "env", environments, None),
        start=_optional(given, "from", timestamp.microseconds, timestamp.EXPECTED) or 0,
        end=now if end is None else end,
        game_id=given.get("game_id"),
        game_type=given.get("game_type"),
        provider=given.get("provider"),
        external_id=_optional(given, "external_id", _uuid, "a UUID"),
        velocity=_optional(given, "velocity", EventVelocity, ", ".join(EventVelocity)),
        topic=_optional(given, "topic", _topic, _TOPIC_EXPECTED),
        rate=_optional(given, "rate", _positive, "events a second, more than 0"),
        speed=_optional(given, "speed", _positive, "a factor of the recorded speed: 1, 10 or 10x"),
        dry_run=bool(_optional(given, "dry_run", _flag, "true or false")),
    )
    if request.start >= request.end:
        raise BadParameter("from", "is not before to", "a time before it")
    if not request.dry_run:
        check_confirmed(given, environments, request.target)
    return request


def check_confirmed(given: Mapping[str, str], environments: Environments, name: str) -> None:
    """Raises BadParameter where an environment must be confirmed and isn't."""
    environment = environments.named(name)
    if environment.must_confirm and given.get("confirm") != environment.project:
        problem = f"{_said(given, 'confirm')}, and {name} is changed only on purpose"
        raise BadParameter("confirm", problem, f"the project of {name}")


def _environment(
    given: Mapping[str, str], name: str, environments: Environments, default: str | None
) -> str:
    asked = given.get(name, default)
    if asked is None:
        raise BadParameter(name, "is missing", f"one of {environments.names}")
    try:
        environments.named(asked)
    except BadEnvironment as error:
        raise BadParameter(name, error.problem, error.expected) from None
    return asked


def _optional(
    given: Mapping[str, str], name: str, read: Callable[[str], T], expected: str
) -> T | None:
    if name not in given:
        return None
    try:
        return read(given[name])
    except ValueError:
        raise BadParameter(name, _said(given, name), expected) from None


def _said(given: Mapping[str, str], name: str) -> str:
    return f"is {given[name][:40]!a}" if name in given else "is missing"


def _uuid(text: str) -> str:
    uuid = str(UUID(text))
    if uuid != text.lower():
        raise ValueError
    return uuid


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError
    return text


def _positive(text: str) -> float:
    number = float(text.lower().removesuffix("x"))
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"
