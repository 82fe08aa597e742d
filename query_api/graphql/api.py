"""What GraphQL is served from, whichever way a client speaks to it."""

from collections.abc import Callable
from typing import NamedTuple

from query_api.graphql.context import Context
from query_api.graphql.executor import Executor
from query_api.stream.streams import Streams


class GraphQLApi(NamedTuple):
    executor: Executor
    new_context: Callable[[], Context]
    streams: Streams
