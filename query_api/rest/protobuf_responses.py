"""QueryResponse as protobuf: ``proto/odds/v1/query.proto``."""

from odds.v1 import command_pb2, query_pb2
from query_api.read_model.event_view import OddsEvent, OddsHistory, PendingEvent
from query_api.read_model.odds_view import MoneyLine, OddsPage, OddsView
from query_api.rest.responses import QueryResponse, Status


def encode(response: QueryResponse) -> bytes:
    succeeded = response.status is Status.SUCCESS
    message = query_pb2.QueryResponse(
        request_id=response.request_id,
        status=command_pb2.STATUS_SUCCESS if succeeded else command_pb2.STATUS_FAIL,
        msg=response.msg,
    )
    match response.data:
        case OddsView() as view:
            message.odds.CopyFrom(_odds(view))
        case OddsPage() as page:
            message.odds_list.CopyFrom(_page(page))
        case OddsEvent() as event:
            message.event.CopyFrom(_event(event))
        case PendingEvent(event_id=event_id):
            message.event.event_id = str(event_id)
            message.event.outcome = query_pb2.OUTCOME_PENDING
        case OddsHistory() as history:
            message.odds_history.CopyFrom(_history(history))
    return message.SerializeToString()


def _page(page: OddsPage) -> query_pb2.OddsList:
    return query_pb2.OddsList(
        odds=[_odds(view) for view in page.odds],
        page_no=page.page_no,
        page_size=page.page_size,
        total=page.total,
    )


def _history(history: OddsHistory) -> query_pb2.OddsHistory:
    return query_pb2.OddsHistory(
        events=[_event(event) for event in history.events],
        page_no=history.page_no,
        page_size=history.page_size,
        total=history.total,
    )


def _odds(view: OddsView) -> query_pb2.Odds:
    return query_pb2.Odds(
        id=view.id,
        external_id=str(view.external_id),
        provider=view.provider,
        game_id=view.game_id,
        game_type=view.game_type,
        money_line=_money_line(view.moneyline),
        deleted=view.deleted,
        created_at_us=view.created_at,
        updated_at_us=view.updated_at,
    )


def _event(event: OddsEvent) -> query_pb2.OddsEvent:
    return query_pb2.OddsEvent(
        event_id=str(event.event_id),
        external_id=str(event.external_id),
        provider=event.provider,
        game_id=event.game_id,
        command=f"COMMAND_{event.command.name}",
        outcome=f"OUTCOME_{event.outcome.name}",
        money_line=_money_line(event.moneyline),
        deleted=event.deleted,
        command_money_line=_money_line(event.command_moneyline),
        occurred_at_us=event.occurred_at,
        created_at_us=event.created_at,
        projected_at_us=event.projected_at,
    )


def _money_line(prices: MoneyLine | None) -> command_pb2.MoneyLine | None:
    return None if prices is None else command_pb2.MoneyLine(**prices)
