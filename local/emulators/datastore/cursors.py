"""Cursors: where a result stands in the order of its query."""

import msgspec

from local.emulators.refusal import invalid

Position = tuple[bytes, ...]


def encode(position: Position) -> bytes:
    return msgspec.msgpack.encode(position)


def decode(cursor: bytes, length: int) -> Position:
    """Raises Refusal for what is no cursor of a query with so many things to order by."""
    try:
        position = msgspec.msgpack.decode(cursor, type=Position)
    except msgspec.MsgspecError as error:
        raise invalid("The cursor is not one that this server made.") from error
    if len(position) != length:
        raise invalid("The cursor is of another query.")
    return position
