"""The replay service: an operator's way to start, watch and stop replays."""

import logging
from typing import Any
from uuid import uuid4

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from odds.adapters import clock, health
from odds.adapters.datastore import EventStoreUnavailable
from odds.adapters.logs import fields
from odds.adapters.publisher import EventBusUnavailable
from replayer.launcher import Launcher, NotLaunched
from replayer.parameters import BadParameter
from replayer.replay import Replay
from replayer.replays import NoSuchReplay, ReplayTaken
from replayer.responses import answer, described, refusal
from replayer.workshop import Workshop

RETRY_AFTER_SECONDS = 5
MAX_REQUEST_ID = 128

_log = logging.getLogger(__name__)


class ReplayApi:
    def __init__(self, workshop: Workshop, launcher: Launcher) -> None:
        self._workshop = workshop
        self._launcher = launcher

    def flask(self) -> Flask:
        app = Flask("replayer", static_folder=None)
        app.add_url_rule("/replay", view_func=self.start, methods=["POST"])
        app.add_url_rule("/replay", view_func=self.newest, methods=["GET"])
        app.add_url_rule("/replay/<replay_id>", view_func=self.show, methods=["GET"])
        app.add_url_rule("/replay/<replay_id>", view_func=self.cancel, methods=["DELETE"])
        app.register_blueprint(health.blueprint({"replays": self._workshop.probe.ping}))
        app.register_error_handler(BadParameter, lambda error: _refuse(400, str(error)))
        app.register_error_handler(NoSuchReplay, lambda error: _refuse(404, f"no replay {error}"))
        app.register_error_handler(ReplayTaken, lambda error: _refuse(409, str(error)))
        for unavailable in (EventStoreUnavailable, EventBusUnavailable, NotLaunched):
            app.register_error_handler(unavailable, _unavailable)
        app.register_error_handler(HTTPException, _http)
        app.register_error_handler(Exception, _unexpected)
        return app

    def start(self) -> Response:
        replay = self._workshop.add(self._workshop.read(_single_valued()))
        self._launcher.launch(replay.replay_id)
        _log.info("replay queued", extra=fields(replay=replay.replay_id, env=replay.request.target))
        body = answer(_request_id(), "replay queued", described(replay, clock.now()))
        return _json(body, 202, {"Location": f"/replay/{replay.replay_id}"})

    def newest(self) -> Response:
        now = clock.now()
        replays = [described(replay, now) for replay in self._workshop.replays.newest()]
        return _json(answer(_request_id(), f"{len(replays)} replays", {"Replays": replays}))

    def show(self, replay_id: str) -> Response:
        replay = self._workshop.replays.get(replay_id)
        return _json(answer(_request_id(), f"replay is {replay.state}", _now(replay)))

    def cancel(self, replay_id: str) -> Response:
        replay = self._workshop.replays.cancel(replay_id)
        if replay.state.over:
            return _json(answer(_request_id(), f"replay is {replay.state}", _now(replay)))
        return _json(answer(_request_id(), "replay is being cancelled", _now(replay)), 202)


def _now(replay: Replay) -> dict[str, Any]:
    return described(replay, clock.now())


def _single_valued() -> dict[str, str]:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadParameter(ascii(name[:40])[1:-1], f"is given {len(values)} times", "it once")
    return request.args.to_dict()


def _request_id() -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if 0 < len(given) <= MAX_REQUEST_ID and given.isprintable() else str(uuid4())


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, mimetype="application/json")


def _refuse(status: int, msg: str, headers: dict[str, str] | None = None) -> Response:
    request_id = _request_id()
    _log.warning("refused", extra=fields(request_id=request_id, status=status, msg=msg))
    return _json(refusal(request_id, msg), status, headers)


def _unavailable(error: Exception) -> Response:
    return _refuse(503, str(error), {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _http(error: HTTPException) -> Response:
    allow = error.get_response().headers.get("Allow")
    msg = error.description or error.name
    return _refuse(error.code or 500, msg, {"Allow": allow} if allow else None)


def _unexpected(_error: Exception) -> Response:
    _log.exception("request failed")
    return _refuse(500, "the request failed for a reason of ours")
