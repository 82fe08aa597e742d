"""What a provider is answered: a CommandResponse in JSON or protobuf."""

from collections.abc import Mapping

import msgspec
from flask import Request, Response

from odds.event import Event
from odds.v1 import command_pb2

JSON = "application/json"
PROTOBUF = "application/x-protobuf"


class CommandResponse(msgspec.Struct, kw_only=True):
    request_id: str = msgspec.field(name="RequestID")
    status: str = msgspec.field(name="Status")
    msg: str = msgspec.field(name="Msg")
    event_id: str | msgspec.UnsetType = msgspec.field(name="EventID", default=msgspec.UNSET)
    external_id: str | msgspec.UnsetType = msgspec.field(name="ExternalID", default=msgspec.UNSET)


def accepted(event: Event) -> CommandResponse:
    command = event.command
    return CommandResponse(
        request_id=command.request_id,
        status="success",
        msg=f"{command.command} accepted",
        event_id=str(event.event_id),
        external_id=str(event.external_id),
    )


def refused(request_id: str, msg: str) -> CommandResponse:
    return CommandResponse(request_id=request_id, status="fail", msg=msg)


def respond(
    request: Request, response: CommandResponse, status: int, headers: Mapping[str, str]
) -> Response:
    """In the type that the caller accepts; where both will do, in the type that it sent."""
    accepts = request.accept_mimetypes
    offered = [JSON, PROTOBUF] if request.mimetype != PROTOBUF else [PROTOBUF, JSON]
    mimetype = accepts.best_match(offered, default=offered[0]) if accepts else offered[0]
    body = _protobuf(response) if mimetype == PROTOBUF else msgspec.json.encode(response)
    return Response(body, status, headers=dict(headers), mimetype=mimetype)


def _protobuf(response: CommandResponse) -> bytes:
    status = command_pb2.STATUS_SUCCESS if response.status == "success" else command_pb2.STATUS_FAIL
    return command_pb2.CommandResponse(
        request_id=response.request_id,
        status=status,
        msg=response.msg,
        event_id=response.event_id or "",
        external_id=response.external_id or "",
    ).SerializeToString()
