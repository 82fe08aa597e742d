"""QueryResponse, as JSON with the seed's names and as protobuf."""

from enum import StrEnum
from uuid import UUID

import msgspec

from odds.v1 import command_pb2, query_pb2
from query_api.odds_view import OddsPage, OddsView

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

Data = OddsView | OddsPage | None


class Status(StrEnum):
    SUCCESS = "success"
    FAIL = "fail"


class QueryResponse(msgspec.Struct, frozen=True):
    request_id: str
    status: Status
    msg: str
    data: Data = None


class _MoneyLine(msgspec.Struct, rename="pascal", omit_defaults=True):
    home: float
    away: float
    draw: float | None = None


class _Odds(msgspec.Struct, rename="pascal"):
    id: int = msgspec.field(name="ID")
    external_id: UUID = msgspec.field(name="ExternalID")
    provider: str
    game_id: str = msgspec.field(name="GameID")
    game_type: str
    money_line: _MoneyLine
    deleted: bool
    created_at: float
    updated_at: float


class _OddsList(msgspec.Struct, rename="pascal"):
    odds: list[_Odds]
    page_no: int
    page_size: int
    total: int


class _Response(msgspec.Struct, rename="pascal"):
    request_id: str = msgspec.field(name="RequestID")
    status: Status
    msg: str
    data: _Odds | _OddsList | None


def encode(response: QueryResponse, media_type: str) -> bytes:
    if media_type == PROTOBUF:
        return _message(response).SerializeToString()
    return msgspec.json.encode(
        _Response(response.request_id, response.status, response.msg, _json_data(response.data))
    )


def _json_data(data: Data) -> _Odds | _OddsList | None:
    if isinstance(data, OddsPage):
        listed = [_json_odds(view) for view in data.odds]
        return _OddsList(listed, data.page_no, data.page_size, data.total)
    return None if data is None else _json_odds(data)


def _json_odds(view: OddsView) -> _Odds:
    return _Odds(
        id=view.id,
        external_id=view.external_id,
        provider=view.provider,
        game_id=view.game_id,
        game_type=view.game_type,
        money_line=_MoneyLine(view.home, view.away, view.draw),
        deleted=view.deleted,
        created_at=view.created_at / 1e6,
        updated_at=view.updated_at / 1e6,
    )


def _message(response: QueryResponse) -> query_pb2.QueryResponse:
    succeeded = response.status is Status.SUCCESS
    message = query_pb2.QueryResponse(
        request_id=response.request_id,
        status=command_pb2.STATUS_SUCCESS if succeeded else command_pb2.STATUS_FAIL,
        msg=response.msg,
    )
    if isinstance(response.data, OddsPage):
        message.odds_list.CopyFrom(_list_message(response.data))
    elif response.data is not None:
        message.odds.CopyFrom(_odds_message(response.data))
    return message


def _list_message(page: OddsPage) -> query_pb2.OddsList:
    return query_pb2.OddsList(
        odds=[_odds_message(view) for view in page.odds],
        page_no=page.page_no,
        page_size=page.page_size,
        total=page.total,
    )


def _odds_message(view: OddsView) -> query_pb2.Odds:
    return query_pb2.Odds(
        id=view.id,
        external_id=str(view.external_id),
        provider=view.provider,
        game_id=view.game_id,
        game_type=view.game_type,
        money_line=command_pb2.MoneyLine(home=view.home, away=view.away, draw=view.draw),
        deleted=view.deleted,
        created_at_us=view.created_at,
        updated_at_us=view.updated_at,
    )
