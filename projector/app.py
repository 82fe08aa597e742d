"""The projector's HTTP side: what Pub/Sub pushes, and what makes it push again."""

import logging

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from odds.adapters import health
from odds.adapters.datastore import EventStoreUnavailable
from odds.adapters.event_store import EventStore
from odds.adapters.logs import fields
from odds.adapters.read_model import ReadModel, ReadModelUnavailable
from projector import envelope
from projector.envelope import NoEnvelope
from projector.projector import Projector

MAX_BODY = 16 * 1024 * 1024
"""Bytes; a Pub/Sub message has at most 10 MB, which base64 makes a third longer."""

_log = logging.getLogger(__name__)


def create(projector: Projector, push_path: str, store: EventStore, read_model: ReadModel) -> Flask:
    app = Flask("projector", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    checks = {"event store": store.ping, "read model": read_model.ping}
    app.register_blueprint(health.blueprint(checks))

    @app.post(push_path)
    def push() -> ResponseReturnValue:
        projector.take([envelope.read(request.get_data())])
        return "", 204

    app.register_error_handler(NoEnvelope, _malformed)
    app.register_error_handler(EventStoreUnavailable, _unavailable)
    app.register_error_handler(ReadModelUnavailable, _unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    return app


def _malformed(error: NoEnvelope) -> ResponseReturnValue:
    _log.error("push refused", extra=fields(error=str(error)))
    return {"Msg": str(error)}, 400


def _unavailable(error: Exception) -> ResponseReturnValue:
    _log.error("push not taken", extra=fields(error=str(error)))
    return {"Msg": "a store is unavailable; push again"}, 503


def _http(error: HTTPException) -> ResponseReturnValue:
    return {"Msg": error.description}, error.code or 500


def _unexpected(_error: Exception) -> ResponseReturnValue:
    _log.exception("push failed")
    return {"Msg": "the push failed for a reason of ours; push again"}, 500
