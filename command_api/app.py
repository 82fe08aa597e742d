"""The command service: what providers may ask, and what they are answered."""

import logging
from collections.abc import Callable
from uuid import UUID

from flask import Response, request

from command_api import bodies, errors
from command_api.event_loop_flask import EventLoopFlask
from command_api.metrics import Metrics
from command_api.responses import accepted, respond
from odds.adapters.event_bus.publisher import EventPublisher
from odds.adapters.guard import shown
from odds.adapters.guard.guard import Guard
from odds.adapters.http import health
from odds.adapters.telemetry.logs import fields
from odds.adapters.telemetry.tracing import EVENT_ID, Tracing
from odds.command import CommandName, InvalidCommand, check_command
from odds.event import Event, accept
from odds.event_bus import EventBus
from odds.identity import canonical_uuid

_COMMANDS = {
    "POST": CommandName.NEW_ODDS,
    "PATCH": CommandName.UPDATE_ODDS,
    "DELETE": CommandName.DELETE_ODDS,
}

_log = logging.getLogger(__name__)


class CommandApi:
    """Validates a command, makes its event, publishes it, and answers."""

    def __init__(
        self,
        bus: EventBus,
        events: EventPublisher,
        guard: Guard,
        clock: Callable[[], int],
        tracing: Tracing,
        metrics: Metrics,
    ) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._bus = bus
        self._events = events
        self._guard = guard
        self._clock = clock
        self._tracing = tracing
        self._metrics = metrics

    def flask(self) -> EventLoopFlask:
        app = EventLoopFlask("command_api", static_folder=None)
        # Werkzeug cuts a chunked body off at its limit without a word: one byte more shows it.
        app.config["MAX_CONTENT_LENGTH"] = bodies.MAX_BODY + 1
        app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        app.add_url_rule("/odds", view_func=self.new_odds, methods=["POST"])
        app.add_url_rule(
            "/odds/<external_id>", view_func=self.change_odds, methods=["PATCH", "DELETE"]
        )
        checks = {"event bus": self._events.ping, "signing keys": self._guard.ready}
        app.register_blueprint(health.blueprint(checks))
        errors.register(app)
        return app

    async def new_odds(self) -> Response:
        event = await self._take(None)
        location = {"Location": f"/odds/{event.external_id}"}
        return respond(request, accepted(event), 202, _status_link(event) | location)

    async def change_odds(self, external_id: str) -> Response:
        event = await self._take(_uuid(external_id))
        return respond(request, accepted(event), 202, _status_link(event))

    async def _take(self, external_id: UUID | None) -> Event:
        """Publish the event of the request's command; it is on the bus when this returns."""
        authorization = shown.authorization(request.headers.getlist)
        self._guard.require_provider(authorization)
        now = self._clock()
        command = bodies.read_command(request)
        check_command(command, now=now)
        self._guard.require_provider(authorization, command.provider)
        wanted = _COMMANDS[request.method]
        if command.command is not wanted:
            raise InvalidCommand("Command", f"is {command.command} in a {request.method}", wanted)
        game_type = self._bus.game_type(command.payload.game_type, command.payload.game_id)
        event = accept(command, external_id, game_type, now=now)
        with self._tracing.sending("publish event") as span:
            span.set_attribute(EVENT_ID, str(event.event_id))
            with self._metrics.publishing(command.event_velocity):
                await self._events.publish(event)
        self._metrics.accepted(command.event_velocity)
        _log.info("command accepted", extra=_facts(event))
        return event


def _status_link(event: Event) -> dict[str, str]:
    """Where the query service tells what becomes of the command (RFC 8631, section 4.4)."""
    return {"Link": f'</events/{event.event_id}>; rel="status"'}


def _uuid(external_id: str) -> UUID:
    uuid = canonical_uuid(external_id)
    if uuid is None:
        expected = "the UUID that the NewOdds was answered with"
        raise InvalidCommand("external_id", f"{external_id!r} is no UUID", expected)
    return uuid


def _facts(event: Event) -> dict[str, dict[str, object]]:
    return fields(
        request_id=event.command.request_id,
        event_id=str(event.event_id),
        external_id=str(event.external_id),
        event_velocity=event.command.event_velocity,
        provider=event.command.provider,
        command=event.command.command,
    )
