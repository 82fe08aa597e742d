"""What GraphQL is served from, whichever way a client speaks to it."""

from collections.abc import Callable
from typing import NamedTuple

from query_api.graphql.context import Context
from query_api.graphql.executor import Executor


class GraphQLApi(NamedTuple):
    """``streaming`` says whether a subscription can be opened now."""

    executor: Executor
    new_context: Callable[[], Context]
    streaming: Callable[[], bool]
