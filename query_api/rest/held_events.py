"""``GET /events/<event_id>?wait=<seconds>``: held on the event loop, then answered by REST."""

from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import MultiDict

from query_api.errors import BadParameter
from query_api.read_model.event_waiters import EventWaiters
from query_api.rest import query_strings
from query_api.tasks import first_of, has_left


class HeldEvents:
    """An ASGI application: what is no good, or waits for nothing, goes to ``rest`` at once."""

    def __init__(self, waiters: EventWaiters, rest: ASGIApp) -> None:
        self._waiters = waiters
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await self._hold(scope, receive)
        await self._rest(scope, receive, send)

    async def _hold(self, scope: Scope, receive: Receive) -> None:
        arguments = MultiDict(parse_qsl(scope["query_string"].decode("latin-1"), True))
        try:
            asked = query_strings.event_request(
                scope["path_params"]["event_id"], arguments, self._waiters.longest_wait
            )
        except BadParameter:
            return
        if asked.wait:
            await first_of(self._waiters.wait(asked), has_left(receive))
