"""Commands as the protobuf message of the wire contract, and back."""

from collections.abc import Mapping
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from odds.command import (
    CommandName,
    CommandRequest,
    Domain,
    EventVelocity,
    InvalidCommand,
    MoneyLine,
    Payload,
    UnixTime,
)
from odds.v1 import command_pb2

_COMMANDS = {
    command_pb2.COMMAND_NEW_ODDS: CommandName.NEW_ODDS,
    command_pb2.COMMAND_UPDATE_ODDS: CommandName.UPDATE_ODDS,
    command_pb2.COMMAND_DELETE_ODDS: CommandName.DELETE_ODDS,
}
_DOMAINS = {command_pb2.DOMAIN_ODDS: Domain.ODDS}
_VELOCITIES = {
    command_pb2.EVENT_VELOCITY_UNSPECIFIED: EventVelocity.MEDIUM,
    command_pb2.EVENT_VELOCITY_HIGH: EventVelocity.HIGH,
    command_pb2.EVENT_VELOCITY_LOW: EventVelocity.LOW,
    command_pb2.EVENT_VELOCITY_MEDIUM: EventVelocity.MEDIUM,
}
_COMMAND_NUMBERS = {name: number for number, name in _COMMANDS.items()}
_DOMAIN_NUMBERS = {name: number for number, name in _DOMAINS.items()}
_VELOCITY_NUMBERS = {name: number for number, name in _VELOCITIES.items()}

Number = TypeVar("Number", bound=int)
Name = TypeVar("Name")


def decode_command(data: bytes) -> CommandRequest:
    """Read a provider's command; ``check_command`` checks its values.

    Raises InvalidCommand for bytes that are no CommandRequest, for an enum value that is missing
    or unknown, and for a field that the contract doesn't know: a price misnamed is a price lost.
    """
    try:
        message = command_pb2.CommandRequest.FromString(data)
    except DecodeError:
        raise InvalidCommand("body", "is no protobuf CommandRequest") from None
    for field, part in _parts(message):
        unknown = UnknownFieldSet(part)
        if len(unknown):
            problem = f"has an unknown field {unknown[0].field_number}"
            raise InvalidCommand(field, problem, "only fields of odds.v1.CommandRequest")
    return from_message(message)


def request_id(data: bytes) -> str:
    """The RequestID of bytes that may be a CommandRequest; empty where none can be read."""
    try:
        return command_pb2.CommandRequest.FromString(data).request_id
    except DecodeError:
        return ""


def domain_of(number: command_pb2.Domain) -> Domain | None:
    """None for one that this schema doesn't know."""
    return _DOMAINS.get(number)


def velocity_tier_of(number: command_pb2.EventVelocity) -> EventVelocity | None:
    """The tier that a command of this EventVelocity has; None as ``domain_of``."""
    return _VELOCITIES.get(number)


def from_message(message: command_pb2.CommandRequest) -> CommandRequest:
    """Read a command. Raises InvalidCommand for an enum value that is missing or unknown."""
    payload = message.payload
    return CommandRequest(
        request_id=message.request_id,
        provider=message.provider,
        command=_known("Command", _COMMANDS, message.command),
        domain=_known("Domain", _DOMAINS, message.domain),
        event_velocity=_known("EventVelocity", _VELOCITIES, message.event_velocity),
        payload=Payload(
            game_id=payload.game_id,
            game_type=payload.game_type if payload.HasField("game_type") else None,
            money_line=_money_line(payload) if payload.HasField("money_line") else None,
            occurred_at=(
                UnixTime(payload.occurred_at_us) if payload.HasField("occurred_at_us") else None
            ),
        ),
    )


def to_message(command: CommandRequest) -> command_pb2.CommandRequest:
    payload = command.payload
    return command_pb2.CommandRequest(
        request_id=command.request_id,
        provider=command.provider,
        command=_COMMAND_NUMBERS[command.command],
        domain=_DOMAIN_NUMBERS[command.domain],
        event_velocity=_VELOCITY_NUMBERS[command.event_velocity],
        payload=command_pb2.CommandPayload(
            game_id=payload.game_id,
            game_type=payload.game_type,
            money_line=money_line_message(payload.money_line),
            occurred_at_us=payload.occurred_at,
        ),
    )


def money_line_message(money_line: MoneyLine | None) -> command_pb2.MoneyLine | None:
    if money_line is None:
        return None
    return command_pb2.MoneyLine(home=money_line.home, away=money_line.away, draw=money_line.draw)


def _money_line(payload: command_pb2.CommandPayload) -> MoneyLine:
    prices = payload.money_line
    return MoneyLine(prices.home, prices.away, prices.draw if prices.HasField("draw") else None)


def _known(field: str, names: Mapping[Number, Name], number: Number) -> Name:
    name = names.get(number)
    if name is None:
        problem = f"{number} is not known" if number else "is missing"
        raise InvalidCommand(field, problem)
    return name


def _parts(message: command_pb2.CommandRequest) -> list[tuple[str, Message]]:
    payload = message.payload
    return [
        ("body", message),
        ("Payload", payload),
        ("Payload.MoneyLine", payload.money_line),
    ]
