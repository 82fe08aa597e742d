"""Property values as bytes that sort as the service sorts values of all types.

Null, then integers and times (as microseconds) together, booleans, byte strings and text together,
floating-point numbers, geographical points, keys
(https://cloud.google.com/datastore/docs/concepts/entities#value_type_ordering).
"""

import struct
from collections.abc import Callable, Iterator

from local.emulators.datastore.keys import encode_key
from local.emulators.datastore.messages import Message
from local.emulators.refusal import invalid

_NULL, _FIXED, _BOOLEAN, _BYTES, _DOUBLE, _POINT, _KEY = (bytes([tag]) for tag in range(1, 8))
_UNSIGNED = struct.Struct(">Q")
_FLOAT = struct.Struct(">d")
_SIGN = 1 << 63
_ALL_BITS = (1 << 64) - 1


def encode(value: Message) -> bytes:
    """Raises Refusal for a value that no index holds: a list, an entity, none at all."""
    encoder = _ENCODERS.get(value.WhichOneof("value_type"))
    if encoder is None:
        raise invalid(f"a {value.WhichOneof('value_type')} can't be compared with")
    return encoder(value)


def indexed(properties: Message, prefix: str = "") -> Iterator[tuple[str, Message]]:
    """Each value that the indexes hold of an entity: of lists, and within entities, too."""
    for name in properties:
        yield from _of_value(prefix + name, properties[name])


def _of_value(name: str, value: Message) -> Iterator[tuple[str, Message]]:
    if value.exclude_from_indexes:
        return
    kind = value.WhichOneof("value_type")
    if kind == "array_value":
        for each in value.array_value.values:
            yield from _of_value(name, each)
    elif kind == "entity_value":
        yield from indexed(value.entity_value.properties, f"{name}.")
    else:
        yield name, value


def microseconds(timestamp: Message) -> int:
    """Raises Refusal for what is no time from the year 1 to 9999."""
    try:
        return int(timestamp.ToMicroseconds())
    except ValueError as error:
        raise invalid(f"{timestamp.seconds} s, {timestamp.nanos} ns is no timestamp") from error


def _fixed(number: int) -> bytes:
    return _FIXED + _UNSIGNED.pack(number + _SIGN)


def _double(number: float) -> bytes:
    (bits,) = _UNSIGNED.unpack(_FLOAT.pack(number))
    return _UNSIGNED.pack(bits ^ (_ALL_BITS if bits & _SIGN else _SIGN))


_ENCODERS: dict[str | None, Callable[[Message], bytes]] = {
    "null_value": lambda value: _NULL,
    "integer_value": lambda value: _fixed(value.integer_value),
    "timestamp_value": lambda value: _fixed(microseconds(value.timestamp_value)),
    "boolean_value": lambda value: _BOOLEAN + bytes([value.boolean_value]),
    "blob_value": lambda value: _BYTES + value.blob_value,
    "string_value": lambda value: _BYTES + value.string_value.encode(),
    "double_value": lambda value: _DOUBLE + _double(value.double_value),
    "geo_point_value": lambda value: (
        _POINT + _double(value.geo_point_value.latitude) + _double(value.geo_point_value.longitude)
    ),
    "key_value": lambda value: _KEY + encode_key(value.key_value),
}
