from odds.v1 import command_pb2 as _command_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Query(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUERY_UNSPECIFIED: _ClassVar[Query]
    QUERY_GET_ODDS: _ClassVar[Query]
    QUERY_LIST_ODDS: _ClassVar[Query]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_APPLIED: _ClassVar[Outcome]
    OUTCOME_STALE: _ClassVar[Outcome]
    OUTCOME_HIDDEN: _ClassVar[Outcome]
    OUTCOME_DELETED: _ClassVar[Outcome]
    OUTCOME_PENDING: _ClassVar[Outcome]
QUERY_UNSPECIFIED: Query
QUERY_GET_ODDS: Query
QUERY_LIST_ODDS: Query
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_APPLIED: Outcome
OUTCOME_STALE: Outcome
OUTCOME_HIDDEN: Outcome
OUTCOME_DELETED: Outcome
OUTCOME_PENDING: Outcome

class QueryParams(_message.Message):
    __slots__ = ("id", "page_no", "page_size", "external_id", "game_id", "provider", "game_type")
    ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_NO_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    GAME_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    GAME_TYPE_FIELD_NUMBER: _ClassVar[int]
    id: int
    page_no: int
    page_size: int
    external_id: str
    game_id: str
    provider: str
    game_type: str
    def __init__(self, id: _Optional[int] = ..., page_no: _Optional[int] = ..., page_size: _Optional[int] = ..., external_id: _Optional[str] = ..., game_id: _Optional[str] = ..., provider: _Optional[str] = ..., game_type: _Optional[str] = ...) -> None: ...

class QueryRequest(_message.Message):
    __slots__ = ("request_id", "query", "domain", "params")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    query: Query
    domain: _command_pb2.Domain
    params: QueryParams
    def __init__(self, request_id: _Optional[str] = ..., query: _Optional[_Union[Query, str]] = ..., domain: _Optional[_Union[_command_pb2.Domain, str]] = ..., params: _Optional[_Union[QueryParams, _Mapping]] = ...) -> None: ...

class Odds(_message.Message):
    __slots__ = ("id", "external_id", "game_id", "money_line", "deleted", "created_at_us", "updated_at_us", "provider", "game_type")
    ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    GAME_ID_FIELD_NUMBER: _ClassVar[int]
    MONEY_LINE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    GAME_TYPE_FIELD_NUMBER: _ClassVar[int]
    id: int
    external_id: str
    game_id: str
    money_line: _command_pb2.MoneyLine
    deleted: bool
    created_at_us: int
    updated_at_us: int
    provider: str
    game_type: str
    def __init__(self, id: _Optional[int] = ..., external_id: _Optional[str] = ..., game_id: _Optional[str] = ..., money_line: _Optional[_Union[_command_pb2.MoneyLine, _Mapping]] = ..., deleted: _Optional[bool] = ..., created_at_us: _Optional[int] = ..., updated_at_us: _Optional[int] = ..., provider: _Optional[str] = ..., game_type: _Optional[str] = ...) -> None: ...

class OddsList(_message.Message):
    __slots__ = ("odds", "page_no", "page_size", "total")
    ODDS_FIELD_NUMBER: _ClassVar[int]
    PAGE_NO_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    odds: _containers.RepeatedCompositeFieldContainer[Odds]
    page_no: int
    page_size: int
    total: int
    def __init__(self, odds: _Optional[_Iterable[_Union[Odds, _Mapping]]] = ..., page_no: _Optional[int] = ..., page_size: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class OddsEvent(_message.Message):
    __slots__ = ("event_id", "external_id", "provider", "game_id", "command", "outcome", "money_line", "deleted", "command_money_line", "occurred_at_us", "created_at_us", "projected_at_us")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    GAME_ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MONEY_LINE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    COMMAND_MONEY_LINE_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_US_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    PROJECTED_AT_US_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    external_id: str
    provider: str
    game_id: str
    command: _command_pb2.Command
    outcome: Outcome
    money_line: _command_pb2.MoneyLine
    deleted: bool
    command_money_line: _command_pb2.MoneyLine
    occurred_at_us: int
    created_at_us: int
    projected_at_us: int
    def __init__(self, event_id: _Optional[str] = ..., external_id: _Optional[str] = ..., provider: _Optional[str] = ..., game_id: _Optional[str] = ..., command: _Optional[_Union[_command_pb2.Command, str]] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., money_line: _Optional[_Union[_command_pb2.MoneyLine, _Mapping]] = ..., deleted: _Optional[bool] = ..., command_money_line: _Optional[_Union[_command_pb2.MoneyLine, _Mapping]] = ..., occurred_at_us: _Optional[int] = ..., created_at_us: _Optional[int] = ..., projected_at_us: _Optional[int] = ...) -> None: ...

class OddsHistory(_message.Message):
    __slots__ = ("events", "page_no", "page_size", "total")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    PAGE_NO_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[OddsEvent]
    page_no: int
    page_size: int
    total: int
    def __init__(self, events: _Optional[_Iterable[_Union[OddsEvent, _Mapping]]] = ..., page_no: _Optional[int] = ..., page_size: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class QueryResponse(_message.Message):
    __slots__ = ("request_id", "status", "msg", "odds", "odds_list", "odds_history", "event")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MSG_FIELD_NUMBER: _ClassVar[int]
    ODDS_FIELD_NUMBER: _ClassVar[int]
    ODDS_LIST_FIELD_NUMBER: _ClassVar[int]
    ODDS_HISTORY_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    status: _command_pb2.Status
    msg: str
    odds: Odds
    odds_list: OddsList
    odds_history: OddsHistory
    event: OddsEvent
    def __init__(self, request_id: _Optional[str] = ..., status: _Optional[_Union[_command_pb2.Status, str]] = ..., msg: _Optional[str] = ..., odds: _Optional[_Union[Odds, _Mapping]] = ..., odds_list: _Optional[_Union[OddsList, _Mapping]] = ..., odds_history: _Optional[_Union[OddsHistory, _Mapping]] = ..., event: _Optional[_Union[OddsEvent, _Mapping]] = ...) -> None: ...
