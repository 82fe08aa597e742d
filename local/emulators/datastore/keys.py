"""Keys as bytes that sort as the service sorts keys, an entity's before its descendants'.

By kind and identifier, path element by path element; numbers come before names.
"""

import struct
from collections.abc import Sequence

from local.emulators.datastore.messages import Message

_END_OF_TEXT = b"\0\0"
_ZERO_IN_TEXT = b"\0\xff"
_ID, _NAME = b"\1", b"\2"
_ID_BYTES = struct.Struct(">Q")
_SIGN = 1 << 63
_AFTER_EVERY_KIND = b"\xff"
"""No kind begins with this byte: it isn't UTF-8."""


def encode_path(path: Sequence[Message]) -> bytes:
    return b"".join(text(element.kind) + _identifier(element) for element in path)


def after_descendants(ancestor: bytes) -> bytes:
    """Sorts behind every descendant of the key, and before all that comes after them."""
    return ancestor + _AFTER_EVERY_KIND


def encode_key(key: Message) -> bytes:
    """With its partition: the key as the value of a property."""
    partition = key.partition_id
    place = (partition.project_id, partition.database_id, partition.namespace_id)
    return b"".join(map(text, place)) + encode_path(key.path)


def text(words: str) -> bytes:
    """Sorts as the words do, whatever comes behind it."""
    return words.encode().replace(b"\0", _ZERO_IN_TEXT) + _END_OF_TEXT


def is_complete(key: Message) -> bool:
    return key.path[-1].WhichOneof("id_type") is not None


def _identifier(element: Message) -> bytes:
    if element.WhichOneof("id_type") == "name":
        return _NAME + text(element.name)
    return _ID + _ID_BYTES.pack(element.id + _SIGN)
