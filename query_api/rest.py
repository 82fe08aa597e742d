"""The REST API: ``GET /odds`` and ``GET /odds/<external_id>``."""

import logging
from collections.abc import Callable

from flask import Flask, Response, g, request

from odds.adapters import logs
from query_api import parameters
from query_api.errors import (
    DeletedOdds,
    NotAcceptable,
    UnknownOdds,
    client_message,
    http_headers,
    http_status,
)
from query_api.media import accepted_media
from query_api.queries import OddsQueries
from query_api.request_id import request_id
from query_api.responses import JSON, PROTOBUF, Data, QueryResponse, Status, encode

_log = logging.getLogger(__name__)


def create_rest(queries: OddsQueries) -> Flask:
    rest = Flask("query_api", static_folder=None)
    rest.url_map.strict_slashes = True
    rest.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    rest.before_request(_read_request)
    rest.add_url_rule("/odds", view_func=_listing(queries))
    rest.add_url_rule("/odds/<external_id>", view_func=_detail(queries))
    rest.register_error_handler(Exception, _refuse)
    return rest


def _listing(queries: OddsQueries) -> Callable[[], Response]:
    def list_odds() -> Response:
        return _succeed(queries.page(parameters.page_request(request.args)))

    return list_odds


def _detail(queries: OddsQueries) -> Callable[[str], Response]:
    def get_odds(external_id: str) -> Response:
        parameters.refuse_unknown(request.args, ())
        view = queries.find(parameters.external_id(external_id))
        if view is None:
            raise UnknownOdds(f"no odds {external_id}")
        if view.deleted:
            raise DeletedOdds(f"odds {external_id} were deleted")
        return _succeed(view)

    return get_odds


def _read_request() -> None:
    g.request_id = request_id(request.headers.get("X-Request-ID"))
    g.media_type = JSON
    accepted = request.headers.get("Accept")
    media_type = accepted_media(accepted).best_match([JSON, PROTOBUF])
    if media_type is None:
        raise NotAcceptable(f"Accept: is {accepted!a}; expected {JSON} or {PROTOBUF}")
    g.media_type = media_type


def _succeed(data: Data) -> Response:
    return _response(Status.SUCCESS, "ok", data)


def _refuse(error: Exception) -> Response:
    status = http_status(error)
    if status >= 500:
        unforeseen = error if status == 500 else None
        facts = logs.fields(request_id=g.request_id, status=int(status))
        _log.error(
            "%s %s: %s", request.method, request.path, error, exc_info=unforeseen, extra=facts
        )
    response = _response(Status.FAIL, client_message(error))
    response.status_code = status
    response.headers.extend(http_headers(error))
    return response


def _response(status: Status, message: str, data: Data = None) -> Response:
    body = encode(QueryResponse(g.request_id, status, message, data), g.media_type)
    response = Response(body, content_type=g.media_type)
    response.headers["X-Request-ID"] = g.request_id
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    return response
