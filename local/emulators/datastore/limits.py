"""The service's rules of keys, entities and requests.

https://cloud.google.com/datastore/docs/concepts/limits and the API's reference.
"""

import re
from collections.abc import Iterable

from local.emulators.datastore import values
from local.emulators.datastore.keys import is_complete
from local.emulators.datastore.messages import Message
from local.emulators.refusal import Refusal, invalid

MAX_MUTATIONS = 500
MAX_LOOKUP_KEYS = 1000
_MAX_REQUEST = 10 * 1024 * 1024
_MAX_ENTITY = 1024 * 1024 - 4
_MAX_KEY = 6 * 1024
_MAX_PATH = 100
_MAX_TEXT = 1500
_MAX_UNINDEXED = 1024 * 1024 - 89
_MAX_DEPTH = 20
_LONGEST_CHARACTER = 4
"""Of UTF-8, in bytes: most texts needn't be encoded to be found short enough."""
_RESERVED = re.compile("__.*__", re.DOTALL)
_PARTITION = re.compile(r"[A-Za-z\d.\-_]{0,100}")


def check_size(request: Message) -> None:
    if request.ByteSize() > _MAX_REQUEST:
        raise invalid(f"the request has {request.ByteSize()} bytes; the most are {_MAX_REQUEST}")


def check_count(what: str, number: int, most: int) -> None:
    if number > most:
        raise invalid(f"cannot take {number} {what} in one request; the most are {most}")


def adopt_key(key: Message, project: str, database: str) -> None:
    """Check a key that entities are stored under or asked for, and give it its project.

    Raises Refusal.
    """
    partition = key.partition_id
    partition.project_id = partition.project_id or project
    partition.database_id = partition.database_id or database
    if (partition.project_id, partition.database_id) != (project, database):
        raise invalid(
            f"a key of {partition.project_id!r} {partition.database_id!r} in a request to "
            f"{project!r} {database!r}"
        )
    check_namespace(partition.namespace_id)
    _check_path(key)


def check_namespace(namespace: str) -> None:
    if not _PARTITION.fullmatch(namespace):
        raise invalid(f"the namespace {namespace!r} must match {_PARTITION.pattern}")


def check_complete(key: Message) -> None:
    if not is_complete(key):
        raise invalid(f"Key path element must not be incomplete: {_shown(key)}")


def check_incomplete(key: Message) -> None:
    if is_complete(key):
        raise invalid(f"Key path element must not be complete: {_shown(key)}")


def check_entity(entity: Message) -> None:
    size = entity.ByteSize()
    if size > _MAX_ENTITY:
        raise invalid(
            f"The entity {_shown(entity.key)} has {size} bytes; the most are {_MAX_ENTITY}"
        )
    _check_properties(entity.properties, _MAX_DEPTH)


def _check_path(key: Message) -> None:
    if not key.path:
        raise invalid("Key path is empty.")
    if len(key.path) > _MAX_PATH or key.ByteSize() > _MAX_KEY:
        raise invalid(f"Key has more than {_MAX_PATH} path elements or {_MAX_KEY} bytes.")
    for element in key.path:
        _check_name("kind", element.kind)
        if element.WhichOneof("id_type") == "name":
            _check_name("key path element name", element.name)
        elif element.WhichOneof("id_type") == "id" and element.id == 0:
            raise invalid("The key path element id must not be zero.")
    for element in key.path[:-1]:
        if element.WhichOneof("id_type") is None:
            raise invalid(f"Key path element must not be incomplete: {_shown(key)}")


def _check_name(what: str, name: str) -> None:
    if not name:
        raise invalid(f"The {what} is the empty string.")
    if len(name) * _LONGEST_CHARACTER > _MAX_TEXT and len(name.encode()) > _MAX_TEXT:
        raise invalid(f"The {what} is longer than {_MAX_TEXT} bytes.")
    if name.startswith("__") and _RESERVED.fullmatch(name):
        raise invalid(f'The {what} "{name}" is reserved.')


def _check_properties(properties: Message, depth: int) -> None:
    if depth < 0:
        raise invalid(f"Entity values are nested more than {_MAX_DEPTH} deep.")
    for name in properties:
        _check_name("property.name", name)
        _check_value(name, properties[name], depth)


def _check_value(name: str, value: Message, depth: int) -> None:
    kind = value.WhichOneof("value_type")
    if kind in ("string_value", "blob_value"):
        _check_length(name, value, kind)
    elif kind == "timestamp_value":
        values.microseconds(value.timestamp_value)
    elif kind == "entity_value":
        _check_properties(value.entity_value.properties, depth - 1)
    elif kind == "array_value":
        _check_list(name, value.array_value.values, depth)
    elif kind is None:
        raise no_value(name)


def no_value(name: str) -> Refusal:
    return invalid(f'The value "{name}" does not contain a value.')


def _check_length(name: str, value: Message, kind: str) -> None:
    most = _MAX_UNINDEXED if value.exclude_from_indexes else _MAX_TEXT
    held = getattr(value, kind)
    if (
        len(held) * _LONGEST_CHARACTER > most
        and len(held.encode() if kind == "string_value" else held) > most
    ):
        raise invalid(f'The value of property "{name}" is longer than {most} bytes.')


def _check_list(name: str, held: Iterable[Message], depth: int) -> None:
    for value in held:
        if value.WhichOneof("value_type") == "array_value":
            raise invalid(f'The value of property "{name}" is a list within a list.')
        _check_value(name, value, depth)


def _shown(key: Message) -> str:
    return "/".join(f"{each.kind}:{each.name or each.id or ''}" for each in key.path)
