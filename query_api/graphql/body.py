"""The body of a GraphQL request."""

from http import HTTPStatus

import msgspec
from starlette.requests import ClientDisconnect, Request

from query_api.graphql.accept import PLAIN_JSON
from query_api.graphql.refusal import Refusal

MAX_BODY = 64 * 1024
"""Bytes."""


async def read_body(request: Request) -> object:
    """Read a POST's JSON. Raises Refusal."""
    if request.method != "POST":
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not allowed; use POST")
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != PLAIN_JSON:
        problem = f"Content-Type: is {media_type!a}; expected {PLAIN_JSON}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem)
    try:
        return msgspec.json.decode(await _received(request))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"body: is no JSON ({error})") from error


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
