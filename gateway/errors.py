"""The gateway's own answers, in the shape of the services' CommandResponse and QueryResponse."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from gateway.headers import REQUEST_ID


def failure(
    status: int, message: str, request_id: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    # Bytes of a request that are no UTF-8 stand in it as what JSON can't carry.
    message = message.encode(errors="backslashreplace").decode()
    body = {"RequestID": request_id, "Status": "fail", "Msg": message}
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers={REQUEST_ID: request_id, **(headers or {})},
    )


def no_path(path: str, request_id: str) -> web.Response:
    return failure(404, f"no service answers the path {path}", request_id)


def wrong_method(method: str, path: str, allowed: tuple[str, ...], request_id: str) -> web.Response:
    methods = ", ".join(allowed)
    message = f"{path} does not take {method}, only {methods}"
    return failure(405, message, request_id, {"Allow": methods})


def not_running(service: str, request_id: str) -> web.Response:
    message = f"{service} is not running or takes no connections; try again"
    return failure(503, message, request_id, {"Retry-After": "1"})


def broke_off(service: str, request_id: str) -> web.Response:
    message = f"{service} broke off before it answered; whether it did its work is unknown"
    return failure(502, message, request_id)
