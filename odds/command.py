"""Commands: what a provider asks, in the words and under the limits of the wire contract."""

import math
import unicodedata
from enum import StrEnum

import msgspec

MAX_GAME_ID = 128
MAX_GAME_TYPE = 64
MAX_PROVIDER = 64
MAX_REQUEST_ID = 128
MAX_FUTURE_US = 5_000_000
"""How far ahead of our clock a provider's may be, in microseconds."""

_PRICE = "a finite number that is not zero"
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}

EXPECTED = {
    "body": "a CommandRequest object",
    "RequestID": f"a string of 1 to {MAX_REQUEST_ID} printable characters",
    "Provider": f"a string of 1 to {MAX_PROVIDER} printable characters",
    "Command": "one of NewOdds, UpdateOdds, DeleteOdds",
    "Domain": "Odds",
    "EventVelocity": "one of high, low, medium",
    "Payload": "an object with GameID and MoneyLine",
    "Payload.GameID": f"a string of 1 to {MAX_GAME_ID} printable characters",
    "Payload.GameType": f"a string of 1 to {MAX_GAME_TYPE} printable characters",
    "Payload.MoneyLine": "an object with Home, Away and, where there is one, Draw",
    "Payload.MoneyLine.Home": _PRICE,
    "Payload.MoneyLine.Away": _PRICE,
    "Payload.MoneyLine.Draw": _PRICE,
    "Payload.OccurredAt": (
        f"a Unix timestamp in seconds, at most {MAX_FUTURE_US // 1_000_000} seconds ahead"
    ),
}
"""What a field of a command must be, for whoever is told that it isn't."""


class CommandName(StrEnum):
    NEW_ODDS = "NewOdds"
    UPDATE_ODDS = "UpdateOdds"
    DELETE_ODDS = "DeleteOdds"


class Domain(StrEnum):
    ODDS = "Odds"


class EventVelocity(StrEnum):
    """The velocity tier: which kind of topic a command's event travels on."""

    HIGH = "high"
    LOW = "low"
    MEDIUM = "medium"


class InvalidCommand(ValueError):
    """A command that breaks the contract: which field, what was wrong, what was expected."""

    def __init__(self, field: str, problem: str, expected: str | None = None) -> None:
        super().__init__(f"{field}: {problem}; expected {expected or EXPECTED[field]}")
        self.field = field


class UnixTime(int):
    """Microseconds since the epoch, which JSON gives as seconds with a fraction."""


class MoneyLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """Prices of the outcomes, decimal or American. ``draw`` is None where there is no draw."""

    home: float
    away: float
    draw: float | None = None


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a command says of the odds; ``occurred_at`` is the provider's time of the price."""

    game_id: str = msgspec.field(name="GameID")
    game_type: str | None = msgspec.field(name="GameType", default=None)
    money_line: MoneyLine | None = msgspec.field(name="MoneyLine", default=None)
    occurred_at: UnixTime | None = msgspec.field(name="OccurredAt", default=None)


class CommandRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    request_id: str = msgspec.field(name="RequestID")
    provider: str = msgspec.field(name="Provider")
    command: CommandName = msgspec.field(name="Command")
    domain: Domain = msgspec.field(name="Domain")
    event_velocity: EventVelocity = msgspec.field(
        name="EventVelocity", default=EventVelocity.MEDIUM
    )
    payload: Payload = msgspec.field(name="Payload")


def is_text(value: str) -> bool:
    """Whether it has no control character, surrogate, or separator of lines or paragraphs."""
    return value.isprintable() or not any(
        unicodedata.category(character) in _UNPRINTABLE for character in value
    )


def text_problem(value: str, longest: int) -> str:
    """What keeps a value from being a text of 1 to ``longest`` printable characters, if anything
    does."""
    if not value.strip():
        return "is empty"
    if len(value) > longest:
        return f"has {len(value)} characters"
    return "" if is_text(value) else "has a control character"


def check_command(command: CommandRequest, *, now: int) -> None:
    """Hold a command of the right types against the rules of its values.

    ``now`` is in microseconds since the epoch. Raises InvalidCommand for the first rule broken.
    """
    payload = command.payload
    _check_text("RequestID", command.request_id, MAX_REQUEST_ID)
    _check_text("Provider", command.provider, MAX_PROVIDER)
    _check_text("Payload.GameID", payload.game_id, MAX_GAME_ID)
    if payload.game_type is not None:
        _check_text("Payload.GameType", payload.game_type, MAX_GAME_TYPE)
    _check_money_line(command.command, payload.money_line)
    _check_occurred_at(payload.occurred_at, now)


def _check_text(field: str, value: str, longest: int) -> None:
    if problem := text_problem(value, longest):
        raise InvalidCommand(field, problem)


def _check_money_line(command: CommandName, money_line: MoneyLine | None) -> None:
    if money_line is None:
        if command is not CommandName.DELETE_ODDS:
            raise InvalidCommand("Payload.MoneyLine", f"is missing in a {command}")
        return
    _check_price("Home", money_line.home)
    _check_price("Away", money_line.away)
    if money_line.draw is not None:
        _check_price("Draw", money_line.draw)


def _check_price(outcome: str, price: float) -> None:
    if price == 0 or not math.isfinite(price):
        raise InvalidCommand(f"Payload.MoneyLine.{outcome}", f"is {price:g}")


def _check_occurred_at(occurred_at: int | None, now: int) -> None:
    if occurred_at is None:
        return
    if occurred_at <= 0:
        raise InvalidCommand("Payload.OccurredAt", "is not after 1970")
    if occurred_at > now + MAX_FUTURE_US:
        ahead = (occurred_at - now) / 1_000_000
        raise InvalidCommand("Payload.OccurredAt", f"is {ahead:.0f} seconds in the future")
