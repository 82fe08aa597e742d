from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Domain(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOMAIN_UNSPECIFIED: _ClassVar[Domain]
    DOMAIN_ODDS: _ClassVar[Domain]

class Command(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMAND_UNSPECIFIED: _ClassVar[Command]
    COMMAND_NEW_ODDS: _ClassVar[Command]
    COMMAND_UPDATE_ODDS: _ClassVar[Command]
    COMMAND_DELETE_ODDS: _ClassVar[Command]

class EventVelocity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_VELOCITY_UNSPECIFIED: _ClassVar[EventVelocity]
    EVENT_VELOCITY_HIGH: _ClassVar[EventVelocity]
    EVENT_VELOCITY_LOW: _ClassVar[EventVelocity]
    EVENT_VELOCITY_MEDIUM: _ClassVar[EventVelocity]

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    STATUS_SUCCESS: _ClassVar[Status]
    STATUS_FAIL: _ClassVar[Status]
DOMAIN_UNSPECIFIED: Domain
DOMAIN_ODDS: Domain
COMMAND_UNSPECIFIED: Command
COMMAND_NEW_ODDS: Command
COMMAND_UPDATE_ODDS: Command
COMMAND_DELETE_ODDS: Command
EVENT_VELOCITY_UNSPECIFIED: EventVelocity
EVENT_VELOCITY_HIGH: EventVelocity
EVENT_VELOCITY_LOW: EventVelocity
EVENT_VELOCITY_MEDIUM: EventVelocity
STATUS_UNSPECIFIED: Status
STATUS_SUCCESS: Status
STATUS_FAIL: Status

class MoneyLine(_message.Message):
    __slots__ = ("home", "away", "draw")
    HOME_FIELD_NUMBER: _ClassVar[int]
    AWAY_FIELD_NUMBER: _ClassVar[int]
    DRAW_FIELD_NUMBER: _ClassVar[int]
    home: float
    away: float
    draw: float
    def __init__(self, home: _Optional[float] = ..., away: _Optional[float] = ..., draw: _Optional[float] = ...) -> None: ...

class CommandPayload(_message.Message):
    __slots__ = ("game_id", "money_line", "game_type", "occurred_at_us")
    GAME_ID_FIELD_NUMBER: _ClassVar[int]
    MONEY_LINE_FIELD_NUMBER: _ClassVar[int]
    GAME_TYPE_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_US_FIELD_NUMBER: _ClassVar[int]
    game_id: str
    money_line: MoneyLine
    game_type: str
    occurred_at_us: int
    def __init__(self, game_id: _Optional[str] = ..., money_line: _Optional[_Union[MoneyLine, _Mapping]] = ..., game_type: _Optional[str] = ..., occurred_at_us: _Optional[int] = ...) -> None: ...

class CommandRequest(_message.Message):
    __slots__ = ("request_id", "provider", "command", "domain", "event_velocity", "payload")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    EVENT_VELOCITY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    provider: str
    command: Command
    domain: Domain
    event_velocity: EventVelocity
    payload: CommandPayload
    def __init__(self, request_id: _Optional[str] = ..., provider: _Optional[str] = ..., command: _Optional[_Union[Command, str]] = ..., domain: _Optional[_Union[Domain, str]] = ..., event_velocity: _Optional[_Union[EventVelocity, str]] = ..., payload: _Optional[_Union[CommandPayload, _Mapping]] = ...) -> None: ...

class CommandResponse(_message.Message):
    __slots__ = ("request_id", "status", "msg", "event_id", "external_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MSG_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    status: Status
    msg: str
    event_id: str
    external_id: str
    def __init__(self, request_id: _Optional[str] = ..., status: _Optional[_Union[Status, str]] = ..., msg: _Optional[str] = ..., event_id: _Optional[str] = ..., external_id: _Optional[str] = ...) -> None: ...
