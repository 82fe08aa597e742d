"""GraphQL errors as clients and as the log see them."""

import logging
from collections.abc import Mapping
from typing import Any

from ariadne import unwrap_graphql_error
from graphql import ExecutionResult, GraphQLError

from query_api.errors import client_message, http_status

_log = logging.getLogger(__name__)

_UNAVAILABLE, _INTERNAL = "UNAVAILABLE", "INTERNAL_SERVER_ERROR"
_CODES: Mapping[int, str] = {400: "BAD_USER_INPUT", 503: _UNAVAILABLE}


def format_error(error: GraphQLError, _debug: bool = False) -> dict[str, Any]:
    """An entry of ``errors``; ``extensions.code`` tells a client's mistake from our trouble."""
    cause = unwrap_graphql_error(error)
    if cause is None:
        return dict(error.formatted)
    code = _CODES.get(http_status(cause), _INTERNAL)
    extensions = {**(error.extensions or {}), "code": code}
    return {**error.formatted, "message": client_message(cause), "extensions": extensions}


def is_our_fault(error: Mapping[str, Any]) -> bool:
    """Of an entry of ``errors``."""
    return error.get("extensions", {}).get("code") in (_UNAVAILABLE, _INTERNAL)


def formatted(result: ExecutionResult) -> dict[str, Any]:
    """``data`` and ``errors``, ready to be encoded."""
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [format_error(error) for error in result.errors]}


class ErrorLog(logging.LoggerAdapter[logging.Logger]):
    """Logs what Ariadne hands it, without raising an alarm over clients' mistakes."""

    def __init__(self) -> None:
        super().__init__(_log)

    def error(self, msg: object, *_: object, **__: object) -> None:
        cause = unwrap_graphql_error(msg) if isinstance(msg, Exception) else None
        status = 400 if cause is None else http_status(cause)
        if status < 500:
            self.logger.info("GraphQL request refused: %s", msg)
        else:
            unforeseen = cause if status == 500 else None
            self.logger.error("GraphQL operation failed: %s", cause, exc_info=unforeseen)
