"""The REST API: odds, one by one and listed, and their events."""

import logging
from collections.abc import Callable

from flask import Flask, Response, g, request

from odds.adapters.http.request_id import request_id
from odds.adapters.telemetry import logs
from query_api.errors import (
    DeletedOdds,
    NotAcceptable,
    UnknownOdds,
    as_of_headers,
    client_message,
    http_headers,
    http_status,
)
from query_api.media import accepted_media
from query_api.metrics import Metrics
from query_api.read_model.event_view import PendingEvent
from query_api.read_model.queries import OddsQueries
from query_api.rest import json_responses, protobuf_responses, query_strings
from query_api.rest.responses import JSON, PROTOBUF, Data, QueryResponse, Status

_log = logging.getLogger(__name__)


def create_rest(queries: OddsQueries, longest_wait: float, metrics: Metrics) -> Flask:
    """``longest_wait`` is for how many seconds a client may ask to be held. Who holds it is not
    this application, which answers at once."""
    rest = Flask("query_api", static_folder=None)
    rest.url_map.strict_slashes = True
    rest.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    rest.before_request(_read_request)
    rest.after_request(_counting(metrics))
    rest.add_url_rule("/odds", view_func=_listing(queries))
    rest.add_url_rule("/odds/<external_id>", view_func=_detail(queries))
    rest.add_url_rule("/odds/<external_id>/history", view_func=_history(queries))
    rest.add_url_rule("/events/<event_id>", view_func=_event(queries, longest_wait))
    rest.register_error_handler(Exception, _refuse)
    return rest


def _listing(queries: OddsQueries) -> Callable[[], Response]:
    def list_odds() -> Response:
        page = queries.page(query_strings.page_request(request.args))
        return _succeed(page, page.cursor)

    return list_odds


def _detail(queries: OddsQueries) -> Callable[[str], Response]:
    def get_odds(external_id: str) -> Response:
        asked = query_strings.odds_request(external_id, request.args)
        view, cursor = queries.find(asked)
        by_then = "" if asked.as_of is None else " as of then"
        if view is None:
            raise UnknownOdds(f"no odds {external_id}{by_then}", cursor)
        if view.deleted:
            raise DeletedOdds(f"odds {external_id} were deleted{by_then}", cursor)
        return _succeed(view, cursor)

    return get_odds


def _history(queries: OddsQueries) -> Callable[[str], Response]:
    def get_history(external_id: str) -> Response:
        history = queries.history(query_strings.history_request(external_id, request.args))
        if history is None:
            raise UnknownOdds(f"no odds {external_id}")
        return _succeed(history)

    return get_history


def _event(queries: OddsQueries, longest_wait: float) -> Callable[[str], Response]:
    def get_event(event_id: str) -> Response:
        asked = query_strings.event_request(event_id, request.args, longest_wait)
        return _succeed(queries.event(asked.event_id) or PendingEvent(asked.event_id))

    return get_event


def _read_request() -> None:
    g.request_id = request_id(request.headers.get("X-Request-ID"))
    g.media_type = JSON
    accepted = request.headers.get("Accept")
    media_type = accepted_media(accepted).best_match([JSON, PROTOBUF])
    if media_type is None:
        raise NotAcceptable(f"Accept: is {accepted!a}; expected {JSON} or {PROTOBUF}")
    g.media_type = media_type


def _counting(metrics: Metrics) -> Callable[[Response], Response]:
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else None
        metrics.request(route, response.status_code)
        return response

    return count


def _succeed(data: Data, cursor: str | None = None) -> Response:
    response = _response(Status.SUCCESS, "ok", data)
    response.headers.extend(as_of_headers(cursor))
    return response


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
    encode = protobuf_responses.encode if g.media_type == PROTOBUF else json_responses.encode
    body = encode(QueryResponse(g.request_id, status, message, data))
    response = Response(body, content_type=g.media_type)
    response.headers["X-Request-ID"] = g.request_id
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    return response
