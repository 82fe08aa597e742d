from odds.v1 import command_pb2 as _command_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("event_id", "domain", "payload", "created_at_us", "external_id", "schema_version", "game_type")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    GAME_TYPE_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    domain: _command_pb2.Domain
    payload: _command_pb2.CommandRequest
    created_at_us: int
    external_id: str
    schema_version: int
    game_type: str
    def __init__(self, event_id: _Optional[str] = ..., domain: _Optional[_Union[_command_pb2.Domain, str]] = ..., payload: _Optional[_Union[_command_pb2.CommandRequest, _Mapping]] = ..., created_at_us: _Optional[int] = ..., external_id: _Optional[str] = ..., schema_version: _Optional[int] = ..., game_type: _Optional[str] = ...) -> None: ...
