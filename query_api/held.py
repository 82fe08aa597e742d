"""``GET /events/<event_id>?wait=<seconds>``: held on the event loop, then answered by REST."""

from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import MultiDict

from query_api import parameters
from query_api.arrivals import Arrivals
from query_api.errors import BadParameter
from query_api.graphql.tasks import first_of, has_left


class HeldEvents:
    """An ASGI application: what is no good, or waits for nothing, goes to ``rest`` at once."""

    def __init__(self, arrivals: Arrivals, rest: ASGIApp) -> None:
        self._arrivals = arrivals
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await self._hold(scope, receive)
        await self._rest(scope, receive, send)

    async def _hold(self, scope: Scope, receive: Receive) -> None:
        arguments = MultiDict(parse_qsl(scope["query_string"].decode("latin-1"), True))
        try:
            asked = parameters.event_request(
                scope["path_params"]["event_id"], arguments, self._arrivals.longest_wait
            )
        except BadParameter:
            return
        if asked.wait:
            await first_of(self._arrivals.wait(asked), has_left(receive))
