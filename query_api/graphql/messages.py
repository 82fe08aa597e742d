"""Messages of the graphql-transport-ws protocol.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

PROTOCOL = "graphql-transport-ws"

OperationId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class InitPayload(msgspec.Struct, rename={"last_event_id": "Last-Event-ID"}):
    """What we take of it; whatever else an application puts there is its own."""

    last_event_id: str | dict[str, str | None] | None = None
    """One place, or one for each operation that has got something."""


class ConnectionInit(msgspec.Struct, tag="connection_init", tag_field="type"):
    payload: InitPayload | None = None


class Ping(msgspec.Struct, tag="ping", tag_field="type", omit_defaults=True):
    payload: dict[str, Any] | None = None


class Pong(msgspec.Struct, tag="pong", tag_field="type", omit_defaults=True):
    payload: dict[str, Any] | None = None


class Subscribe(msgspec.Struct, tag="subscribe", tag_field="type"):
    id: OperationId
    payload: dict[str, Any]


class Complete(msgspec.Struct, tag="complete", tag_field="type"):
    id: OperationId


class ConnectionAck(msgspec.Struct, tag="connection_ack", tag_field="type"):
    pass


class Next(msgspec.Struct, tag="next", tag_field="type"):
    id: str
    payload: Mapping[str, Any]


class Error(msgspec.Struct, tag="error", tag_field="type"):
    id: str
    payload: Sequence[Mapping[str, Any]]


FromClient = ConnectionInit | Ping | Pong | Subscribe | Complete
ToClient = ConnectionAck | Ping | Pong | Next | Error | Complete


class ProtocolViolation(Exception):
    """The close code and reason that answer a client which breaks the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def decode(text: str) -> FromClient:
    """Raises ProtocolViolation."""
    try:
        message: FromClient = msgspec.json.decode(text, type=FromClient)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolViolation(4400, f"Invalid message: {error}") from error
    return message
