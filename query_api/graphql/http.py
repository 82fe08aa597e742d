"""GraphQL over HTTP, by GET or POST, answered as JSON or as a stream of events.

https://graphql.github.io/graphql-over-http/draft/ and, for the stream, ``event_stream``.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import Any

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_api.cursor import Cursor
from query_api.errors import RETRY_AFTER_SECONDS, BadParameter, client_message
from query_api.graphql.accept import EVENT_STREAM, GRAPHQL_JSON, PLAIN_JSON, Accepted
from query_api.graphql.api import GraphQLApi
from query_api.graphql.body import METHODS, read_parameters
from query_api.graphql.event_stream import EventStream, single_event
from query_api.graphql.executor import RefusedOperation
from query_api.graphql.operation import MalformedRequest, Operation
from query_api.graphql.refusal import Refusal
from query_api.read_model.reader import ReadModelAway
from query_api.stream.fanout import FanoutFull
from query_api.stream.streams import StreamsUnavailable
from query_api.stream.subscription_request import SubscriptionRequest


class GraphQLOverHTTP:
    """The ASGI application that answers GraphQL requests over HTTP."""

    def __init__(self, api: GraphQLApi) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        accepted = Accepted.read(request.headers.get("accept"))
        with ExitStack() as held:
            response = await self._answer(request, accepted, held)
            try:
                await response(scope, receive, send)
            except ReadModelAway as away:
                refusal = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, client_message(away))
                await _refused(refusal, accepted)(scope, receive, send)

    async def _answer(self, request: Request, accepted: Accepted, held: ExitStack) -> Response:
        """``held`` is what the answer needs until it is sent."""
        try:
            if accepted.json is None and not accepted.event_stream:
                raise Refusal(HTTPStatus.NOT_ACCEPTABLE, _ACCEPT)
            operation = Operation(await read_parameters(request))
            if operation.streams:
                return held.enter_context(self._stream(operation, accepted, request))
            result = await self._api.query(operation)
            return _result(result, accepted)
        except Refusal as refusal:
            return _refused(refusal, accepted)
        except (StreamsUnavailable, FanoutFull) as error:
            return _refused(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error)), accepted)
        except MalformedRequest as error:
            return _refused(Refusal(HTTPStatus.BAD_REQUEST, str(error)), accepted)
        except GraphQLError as error:
            return _invalid([error.formatted], accepted)
        except RefusedOperation as refused:
            return _invalid(refused.errors, accepted)

    @contextmanager
    def _stream(
        self, operation: Operation, accepted: Accepted, request: Request
    ) -> Iterator[Response]:
        if not accepted.event_stream:
            raise Refusal(HTTPStatus.NOT_ACCEPTABLE, _STREAM_ACCEPT)
        streams = self._api.streams
        asked = self._api.executor.subscription(operation)
        subscription = _resumed(asked.subscription, request.headers.get("last-event-id"))
        with streams.subscriber(asked.selection, subscription) as subscriber:
            yield EventStream(subscriber, streams)


def _resumed(subscription: SubscriptionRequest, last_event_id: str | None) -> SubscriptionRequest:
    """What a client has got counts for more than what it asked for when it first came."""
    if not last_event_id:
        return subscription
    try:
        return subscription._replace(since=Cursor.read(last_event_id, "Last-Event-ID"))
    except BadParameter as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from error


_ACCEPT = f"Accept: expected one of {GRAPHQL_JSON}, {PLAIN_JSON}, {EVENT_STREAM}"
_STREAM_ACCEPT = (
    f"a subscription needs Accept: {EVENT_STREAM}, or a WebSocket of graphql-transport-ws"
)


def _result(result: Mapping[str, Any], accepted: Accepted) -> Response:
    if accepted.json is None:
        return single_event(result)
    return _json(HTTPStatus.OK, result, accepted.json)


def _invalid(errors: Any, accepted: Accepted) -> Response:
    """A request that was understood, of an operation that is no good.

    application/json says 200 for it, as clients of old expect; a client that takes nothing but
    a stream gets its errors there, for an EventSource can't read the body of a 400.
    """
    if accepted.json is None:
        return single_event({"errors": errors})
    status = HTTPStatus.OK if accepted.json == PLAIN_JSON else HTTPStatus.BAD_REQUEST
    return _json(status, {"errors": errors}, accepted.json)


def _refused(refusal: Refusal, accepted: Accepted) -> Response:
    error = {"message": str(refusal), "extensions": {"code": refusal.status.name}}
    response = _json(refusal.status, {"errors": [error]}, accepted.json or GRAPHQL_JSON)
    if refusal.status is HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(METHODS)
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _json(status: HTTPStatus, result: Mapping[str, Any], media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return Response(msgspec.json.encode(result), status, headers, media_type)
