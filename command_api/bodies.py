"""Bodies of command requests, in JSON or protobuf."""

from flask import Request
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

from command_api import json_commands
from command_api.responses import JSON, PROTOBUF
from odds import command_codec
from odds.command import CommandRequest

MAX_BODY = 64 * 1024
"""Bytes of the longest body that is read."""


def read_command(request: Request) -> CommandRequest:
    """The command of a request, its values unchecked.

    Raises InvalidCommand, or the HTTPException of a request that can't be read at all.
    """
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        raise LengthRequired("Content-Length: is missing; expected the length of the body in bytes")
    if request.mimetype not in (JSON, PROTOBUF):
        raise UnsupportedMediaType(
            f"Content-Type: is {request.mimetype or 'missing'}; expected {JSON} or {PROTOBUF}"
        )
    body = request.get_data()
    if len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    if request.mimetype == JSON:
        return json_commands.decode_command(body)
    return command_codec.decode_command(body)


def request_id(request: Request) -> str:
    """The RequestID of a request that may be broken; empty where none can be read."""
    if request.content_length is not None and request.content_length > MAX_BODY:
        return ""
    if request.mimetype == PROTOBUF:
        return command_codec.request_id(request.get_data())
    return json_commands.request_id(request.get_data())
