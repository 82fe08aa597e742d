"""Which HTTP status each failure of a command is answered with."""

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from command_api import bodies
from command_api.responses import refused, respond
from odds.adapters.event_bus.publisher import EventBusOverloaded, EventBusUnavailable
from odds.adapters.guard.refusal import NOT_LET_IN, turn_away
from odds.adapters.telemetry.logs import fields
from odds.command import InvalidCommand

RETRY_AFTER_SECONDS = 1

_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(InvalidCommand, _invalid)
    app.register_error_handler(EventBusOverloaded, _overloaded)
    app.register_error_handler(EventBusUnavailable, _unavailable)
    for not_let_in in NOT_LET_IN:
        app.register_error_handler(not_let_in, _not_let_in)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _invalid(error: InvalidCommand) -> Response:
    return _refuse(400, str(error))


def _overloaded(error: EventBusOverloaded) -> Response:
    msg = "too many commands wait already; send it again with the same RequestID"
    return _refuse(429, msg, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _unavailable(error: EventBusUnavailable) -> Response:
    _log.error("event bus unavailable", extra=fields(error=str(error)))
    msg = "the event bus did not take the command in time; send it again with the same RequestID"
    return _refuse(503, msg, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _not_let_in(error: Exception) -> Response:
    status, headers = turn_away(error)
    return _refuse(status, str(error), headers)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    allow = error.get_response().headers.get("Allow")
    return _refuse(status, _told(error), {"Allow": allow} if allow else {})


def _told(error: HTTPException) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return f"body: is too long; expected at most {bodies.MAX_BODY} bytes"
    if isinstance(error, NotFound):
        return f"path: {request.path} is unknown; expected /odds or /odds/<external_id>"
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return f"method: {request.method} is not for {request.path}; expected {allowed}"
    return error.description or error.name


def _unexpected(_error: Exception) -> Response:
    _log.exception("command failed")
    return _refuse(500, "the command failed for a reason of ours; it may be sent again")


def _refuse(status: int, msg: str, headers: dict[str, str] | None = None) -> Response:
    request_id = _request_id()
    _log.warning("command refused", extra=fields(request_id=request_id, status=status, msg=msg))
    return respond(request, refused(request_id, msg), status, headers or {})


def _request_id() -> str:
    try:
        return bodies.request_id(request)
    except HTTPException:
        return ""
