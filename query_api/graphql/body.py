"""The parameters of a GraphQL request over HTTP, from its body or its query string."""

from http import HTTPStatus

import msgspec
from starlette.requests import ClientDisconnect, Request

from query_api.graphql.accept import PLAIN_JSON
from query_api.graphql.refusal import Refusal

MAX_BODY = 64 * 1024
"""Bytes."""


METHODS = ("GET", "POST")


async def read_parameters(request: Request) -> object:
    """Read a POST's JSON, or a GET's query string. Raises Refusal."""
    if request.method not in METHODS:
        problem = f"{request.method} is not allowed; use GET or POST"
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, problem)
    return _from_query(request) if request.method == "GET" else await _from_body(request)


def _from_query(request: Request) -> object:
    """As the specification of GraphQL over HTTP has it: two of the parameters are JSON."""
    given: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        text = request.query_params.get(name)
        if text:
            given[name] = _json(text.encode(), name)
    return given


async def _from_body(request: Request) -> object:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != PLAIN_JSON:
        problem = f"Content-Type: is {media_type!a}; expected {PLAIN_JSON}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem)
    return _json(await _received(request), "body")


def _json(text: bytes, name: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name}: is no JSON ({error})") from error


async def _received(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                problem = f"body: is over {MAX_BODY} bytes"
                raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    except ClientDisconnect:
        raise Refusal(HTTPStatus.BAD_REQUEST, "body: ended early") from None
    return bytes(body)
