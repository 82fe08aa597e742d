"""GraphQL over HTTP: POST with a JSON body, answered as JSON or as a stream of events.

https://graphql.github.io/graphql-over-http/draft/ and, for the stream, ``event_stream``.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_api.errors import RETRY_AFTER_SECONDS
from query_api.graphql.accept import EVENT_STREAM, GRAPHQL_JSON, PLAIN_JSON, Accepted
from query_api.graphql.api import GraphQLApi
from query_api.graphql.body import read_body
from query_api.graphql.context import Context
from query_api.graphql.event_stream import EventStream, single_event
from query_api.graphql.executor import RefusedOperation
from query_api.graphql.operation import MalformedRequest, Operation
from query_api.graphql.refusal import Refusal


class GraphQLOverHTTP:
    """An ASGI application."""

    def __init__(self, api: GraphQLApi) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        accepted = Accepted.read(request.headers.get("accept"))
        context = self._api.new_context()
        try:
            response = await self._answer(request, accepted, context)
            await response(scope, receive, send)
        finally:
            context.close()

    async def _answer(self, request: Request, accepted: Accepted, context: Context) -> Response:
        try:
            if accepted.json is None and not accepted.event_stream:
                raise Refusal(HTTPStatus.NOT_ACCEPTABLE, _ACCEPT)
            operation = Operation(await read_body(request))
            if operation.streams:
                return await self._stream(operation, accepted, context)
            result = await self._api.executor.query(operation, context)
            return _result(result, accepted)
        except Refusal as refusal:
            return _refused(refusal, accepted)
        except MalformedRequest as error:
            return _refused(Refusal(HTTPStatus.BAD_REQUEST, str(error)), accepted)
        except GraphQLError as error:
            return _invalid([error.formatted], accepted)
        except RefusedOperation as refused:
            return _invalid(refused.errors, accepted)

    async def _stream(self, operation: Operation, accepted: Accepted, context: Context) -> Response:
        if not accepted.event_stream:
            raise Refusal(HTTPStatus.NOT_ACCEPTABLE, _STREAM_ACCEPT)
        if not self._api.streaming():
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the stream is not ready; try again")
        return EventStream(await self._api.executor.subscribe(operation, context))


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
        response.headers["Allow"] = "POST"
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _json(status: HTTPStatus, result: Mapping[str, Any], media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return Response(msgspec.json.encode(result), status, headers, media_type)
