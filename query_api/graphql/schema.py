"""The GraphQL schema and its resolvers."""

from functools import partial
from pathlib import Path
from typing import Any, cast

from ariadne import (
    ObjectType,
    QueryType,
    ScalarType,
    SubscriptionType,
    load_schema_from_path,
    make_executable_schema,
)
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from odds import timestamp
from query_api import parameters
from query_api.feed.change import Change
from query_api.feed.feed_state import FeedState
from query_api.graphql.context import Context
from query_api.read_model.event_view import OddsEvent, OddsHistory
from query_api.read_model.odds_view import OddsPage, OddsView
from query_api.read_model.queries import OddsRequest
from query_api.stream.subscription_request import SubscriptionRequest

_SCHEMA_FILE = Path(__file__).with_name("schema.graphql")


def create_schema() -> GraphQLSchema:
    query = QueryType()
    query.set_field("feed", _feed)
    query.set_field("odds", _odds)
    query.set_field("event", _event)
    query.set_field("odds_history", _odds_history)
    query.set_field("list_odds", _list_odds)
    subscription = SubscriptionType()
    # Ariadne's types know generators only.
    subscription.set_source("getInstantOdds", cast(Any, _instant_odds))
    subscription.set_field("getInstantOdds", _same)
    return make_executable_schema(
        load_schema_from_path(_SCHEMA_FILE),
        query,
        subscription,
        ScalarType("MoneyLine"),
        ScalarType("Time", value_parser=_time),
        _timed("Odds", "created_at", "updated_at"),
        _timed("OddsEvent", "occurred_at", "created_at", "projected_at"),
        _timed("InstantOdds", "created_at", "updated_at", "published_at"),
    )


def _feed(_: None, info: GraphQLResolveInfo[Context]) -> FeedState:
    return info.context.streams.state()


async def _odds(
    _: None, info: GraphQLResolveInfo[Context], *, external_id: str, as_of: int | None = None
) -> OddsView | None:
    asked = OddsRequest(parameters.external_id(external_id), as_of)
    found = await info.context.read(info.context.queries.find, asked)
    return found.odds


async def _event(
    _: None, info: GraphQLResolveInfo[Context], *, event_id: str, wait: float
) -> OddsEvent | None:
    asked = parameters.check_event(event_id, wait, info.context.waiters.longest_wait)
    await info.context.wait(asked)
    return await info.context.read(info.context.queries.event, asked.event_id)


async def _odds_history(
    _: None, info: GraphQLResolveInfo[Context], *, external_id: str, page_no: int, page_size: int
) -> OddsHistory | None:
    asked = parameters.check_history(external_id, page_no, page_size)
    return await info.context.read(info.context.queries.history, asked)


async def _list_odds(_: None, info: GraphQLResolveInfo[Context], **arguments: Any) -> OddsPage:
    return await info.context.read(info.context.queries.page, parameters.check_page(**arguments))


def _instant_odds(
    _: None, _info: GraphQLResolveInfo[None], **arguments: Any
) -> SubscriptionRequest:
    """Not the events: those are shared by all who ask for the same."""
    return parameters.subscription(**arguments)


def _same(change: Change, _: GraphQLResolveInfo[None], **_arguments: Any) -> Change:
    return change


def _time(given: object) -> int:
    try:
        return timestamp.microseconds(str(given))
    except ValueError:
        raise GraphQLError(f"Time: expected {timestamp.EXPECTED}") from None


def _timed(name: str, *fields: str) -> ObjectType:
    timed = ObjectType(name)
    for field in fields:
        timed.set_field(field, partial(_seconds, field=field))
    return timed


def _seconds(of: object, _: GraphQLResolveInfo[Context], *, field: str) -> float:
    microseconds: int = getattr(of, field)
    return microseconds / 1e6
