"""The GraphQL schema and its resolvers."""

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
from graphql import GraphQLResolveInfo, GraphQLSchema

from query_api import parameters
from query_api.change import Change
from query_api.graphql.context import Context
from query_api.odds_view import OddsPage, OddsView
from query_api.subscriber import Subscriber

_SCHEMA_FILE = Path(__file__).with_name("schema.graphql")


def create_schema() -> GraphQLSchema:
    query = QueryType()
    query.set_field("odds", _odds)
    query.set_field("list_odds", _list_odds)
    subscription = SubscriptionType()
    # Ariadne's types know generators only; graphql-core takes any asynchronous iterable.
    subscription.set_source("getInstantOdds", cast(Any, _instant_odds))
    subscription.set_field("getInstantOdds", _same)
    return make_executable_schema(
        load_schema_from_path(_SCHEMA_FILE),
        query,
        subscription,
        ScalarType("MoneyLine"),
        *[_timed(name) for name in ("Odds", "InstantOdds")],
    )


async def _odds(_: None, info: GraphQLResolveInfo[Context], *, external_id: str) -> OddsView | None:
    return await info.context.read(info.context.queries.find, parameters.external_id(external_id))


async def _list_odds(_: None, info: GraphQLResolveInfo[Context], **arguments: Any) -> OddsPage:
    return await info.context.read(info.context.queries.page, parameters.check_page(**arguments))


async def _instant_odds(_: None, info: GraphQLResolveInfo[Context]) -> Subscriber:
    """Not a generator: the subscriber must be there before the client is told that it is."""
    return info.context.subscribe()


def _same(change: Change, _: GraphQLResolveInfo[Context]) -> Change:
    return change


def _timed(name: str) -> ObjectType:
    timed = ObjectType(name)
    timed.set_field("created_at", lambda odds, _: odds.created_at / 1e6)
    timed.set_field("updated_at", lambda odds, _: odds.updated_at / 1e6)
    return timed
