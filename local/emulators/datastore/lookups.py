"""Looking entities up by their keys."""

from collections.abc import Iterable

from google.cloud.datastore_v1.types import LookupResponse

from local.emulators.datastore.keys import encode_path
from local.emulators.datastore.messages import Message
from local.emulators.datastore.storage import Database, Partition

_Response = LookupResponse.pb()
_MOST_BYTES = 3 * 1024 * 1024
"""Of one answer, which stays below gRPC's default of 4 MiB for a message; more is deferred."""
_FIND = "SELECT result FROM entity WHERE kind = ? AND key = ?"


def run(database: Database, keys: Iterable[Message]) -> Message:
    """Each key once, as found, missing or deferred."""
    response, held = _Response(), 0
    for key in {key.SerializeToString(deterministic=True): key for key in keys}.values():
        result = _find(database, key)
        held += key.ByteSize() if result is None else len(result)
        if held > _MOST_BYTES:
            response.deferred.add().CopyFrom(key)
        elif result is None:
            response.missing.add().entity.key.CopyFrom(key)
        else:
            response.found.add().MergeFromString(result)
    return response


def _find(database: Database, key: Message) -> bytes | None:
    place = key.partition_id
    partition = Partition(place.project_id, place.database_id, place.namespace_id)
    kind = database.kind(partition, key.path[-1].kind)
    row = database.execute(_FIND, (kind, encode_path(key.path))).fetchone()
    return row[0] if row else None
