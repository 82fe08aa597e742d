"""QueryResponse as JSON, with the contract's names."""

from uuid import UUID

import msgspec

from odds.command import CommandName
from odds.fold import Outcome
from query_api.read_model import odds_view
from query_api.read_model.event_view import OddsEvent, OddsHistory, PendingEvent
from query_api.read_model.odds_view import OddsPage, OddsView
from query_api.rest.responses import Data, QueryResponse, Status


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


class _Event(msgspec.Struct, rename="pascal", omit_defaults=True, kw_only=True):
    event_id: UUID = msgspec.field(name="EventID")
    external_id: UUID = msgspec.field(name="ExternalID")
    provider: str
    game_id: str = msgspec.field(name="GameID")
    command: CommandName
    outcome: Outcome
    money_line: _MoneyLine | None = None
    deleted: bool
    command_money_line: _MoneyLine | None = None
    occurred_at: float
    created_at: float
    projected_at: float


class _Pending(msgspec.Struct, rename="pascal"):
    event_id: UUID = msgspec.field(name="EventID")
    outcome: str = "pending"


class _History(msgspec.Struct, rename="pascal"):
    events: list[_Event]
    page_no: int
    page_size: int
    total: int


_Data = _Odds | _OddsList | _Event | _Pending | _History | None


class _Response(msgspec.Struct, rename="pascal"):
    request_id: str = msgspec.field(name="RequestID")
    status: Status
    msg: str
    data: _Data


def encode(response: QueryResponse) -> bytes:
    data = _data(response.data)
    return msgspec.json.encode(_Response(response.request_id, response.status, response.msg, data))


def _data(data: Data) -> _Data:
    match data:
        case OddsView():
            return _odds(data)
        case OddsPage():
            listed = [_odds(view) for view in data.odds]
            return _OddsList(listed, data.page_no, data.page_size, data.total)
        case OddsEvent():
            return _event(data)
        case PendingEvent():
            return _Pending(data.event_id)
        case OddsHistory():
            events = [_event(event) for event in data.events]
            return _History(events, data.page_no, data.page_size, data.total)
    return None


def _odds(view: OddsView) -> _Odds:
    return _Odds(
        id=view.id,
        external_id=view.external_id,
        provider=view.provider,
        game_id=view.game_id,
        game_type=view.game_type,
        money_line=_MoneyLine(**view.moneyline),
        deleted=view.deleted,
        created_at=view.created_at / 1e6,
        updated_at=view.updated_at / 1e6,
    )


def _event(event: OddsEvent) -> _Event:
    return _Event(
        event_id=event.event_id,
        external_id=event.external_id,
        provider=event.provider,
        game_id=event.game_id,
        command=event.command,
        outcome=event.outcome,
        money_line=_money_line(event.moneyline),
        deleted=event.deleted,
        command_money_line=_money_line(event.command_moneyline),
        occurred_at=event.occurred_at / 1e6,
        created_at=event.created_at / 1e6,
        projected_at=event.projected_at / 1e6,
    )


def _money_line(prices: odds_view.MoneyLine | None) -> _MoneyLine | None:
    return None if prices is None else _MoneyLine(**prices)
