"""The replay service: an operator's way to start, watch and stop replays."""

import logging
from functools import partial
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from odds.adapters import clock
from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.guard.refusal import NOT_LET_IN, turn_away
from odds.adapters.http import health
from odds.adapters.http.request_id import request_id
from odds.adapters.telemetry.logs import fields
from replayer.launcher import Launcher, NotLaunched
from replayer.parameters import BadParameter
from replayer.replay import Replay
from replayer.replays import NoSuchReplay, ReplayTaken
from replayer.responses import answer, described, refusal
from replayer.workshop import Workshop

MAX_BODY = 1024
"""Bytes that a request may bring along; what is asked for stands in its URL."""
RETRY_AFTER_SECONDS = 5
UNAVAILABLE: dict[type[Exception], str] = {
    EventStoreUnavailable: "the event store did not answer in time; ask again",
    EventBusUnavailable: "the event bus did not answer in time; ask again",
}
"""What callers are told; what it was is in the log."""

_log = logging.getLogger(__name__)


class ReplayApi:
    def __init__(self, workshop: Workshop, launcher: Launcher, guard: Guard) -> None:
        self._workshop = workshop
        self._launcher = launcher
        self._guard = guard

    def flask(self) -> Flask:
        app = Flask("replayer", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        app.add_url_rule("/replay", view_func=self.start, methods=["POST"])
        app.add_url_rule("/replay", view_func=self.newest, methods=["GET"])
        app.add_url_rule("/replay/<replay_id>", view_func=self.show, methods=["GET"])
        app.add_url_rule("/replay/<replay_id>", view_func=self.cancel, methods=["DELETE"])
        app.add_url_rule("/replay/<replay_id>/resume", view_func=self.resume, methods=["POST"])
        checks = {"replays": self._workshop.probe.ping, "signing keys": self._guard.ready}
        app.register_blueprint(health.blueprint(checks))
        app.before_request(self._let_in)
        app.before_request(_read_body)
        for not_let_in in NOT_LET_IN:
            app.register_error_handler(not_let_in, _not_let_in)
        app.register_error_handler(BadParameter, lambda error: _refuse(400, str(error)))
        app.register_error_handler(NoSuchReplay, lambda error: _refuse(404, f"no replay {error}"))
        app.register_error_handler(ReplayTaken, lambda error: _refuse(409, str(error)))
        for unavailable, told in UNAVAILABLE.items():
            app.register_error_handler(unavailable, partial(_unavailable, told))
        app.register_error_handler(HTTPException, _http)
        app.register_error_handler(Exception, _unexpected)
        return app

    def _let_in(self) -> None:
        """Health checks come from the platform, all else from operators."""
        if request.blueprint != "health":
            self._guard.require_operator(shown.authorization(request.headers.getlist))

    def start(self) -> Response:
        replay = self._workshop.add(self._workshop.read(_single_valued()))
        _log.info("replay queued", extra=fields(replay=replay.replay_id, env=replay.request.target))
        return self._launched(replay)

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

    def resume(self, replay_id: str) -> Response:
        replay = self._workshop.replays.reopen(replay_id)
        _log.info("replay resumed", extra=fields(replay=replay_id, env=replay.request.target))
        return self._launched(replay)

    def _launched(self, replay: Replay) -> Response:
        """Where no worker could be started the replay is named all the same: whoever asked for
        another one would have two."""
        location = {"Location": f"/replay/{replay.replay_id}"}
        try:
            self._launcher.launch(replay.replay_id)
        except NotLaunched as error:
            _log.error("not launched", extra=fields(replay=replay.replay_id, error=str(error)))
            told = "the replay is queued, but no worker could be started; resume it by its ReplayID"
            return _json(refusal(_request_id(), told, _now(replay)), 503, location)
        return _json(answer(_request_id(), "replay queued", _now(replay)), 202, location)


def _now(replay: Replay) -> dict[str, Any]:
    return described(replay, clock.now())


def _single_valued() -> dict[str, str]:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadParameter(ascii(name[:40])[1:-1], f"is given {len(values)} times", "it once")
    return request.args.to_dict()


def _request_id() -> str:
    return request_id(request.headers.get("X-Request-ID"))


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, mimetype="application/json")


def _refuse(status: int, msg: str, headers: dict[str, str] | None = None) -> Response:
    asked = _request_id()
    _log.warning("refused", extra=fields(request_id=asked, status=status, msg=msg))
    return _json(refusal(asked, msg), status, headers)


def _not_let_in(error: Exception) -> Response:
    status, headers = turn_away(error)
    return _refuse(status, str(error), headers)


def _read_body() -> None:
    """Raises RequestEntityTooLarge."""
    request.get_data(cache=False)


def _unavailable(told: str, error: Exception) -> Response:
    _log.error("unavailable", extra=fields(error=f"{type(error).__name__}: {error}"))
    return _refuse(503, told, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _http(error: HTTPException) -> Response:
    allow = error.get_response().headers.get("Allow")
    return _refuse(error.code or 500, _told(error), {"Allow": allow} if allow else None)


def _told(error: HTTPException) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return f"body: is too long; expected at most {MAX_BODY} bytes"
    return error.description or error.name


def _unexpected(_error: Exception) -> Response:
    _log.exception("request failed")
    return _refuse(500, "the request failed for a reason of ours")
