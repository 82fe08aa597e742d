"""Applying mutations: first what each would do is decided, then the outcome is written."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import grpc
from google.cloud.datastore_v1.types import MutationResult
from google.protobuf.timestamp_pb2 import Timestamp

from local.emulators.datastore import values
from local.emulators.datastore.keys import encode_path, is_complete
from local.emulators.datastore.messages import Message, Resolution, StoredResult
from local.emulators.datastore.storage import Database, Partition
from local.emulators.refusal import Refusal, invalid

_MutationResult = MutationResult.pb()
_ALLOCATED_FROM = 1 << 52
"""Allocated identifiers have 16 digits, as the service's have, and are scattered."""

_FORBIDDEN = {
    ("insert", "insert"),
    ("update", "insert"),
    ("upsert", "insert"),
    ("delete", "update"),
}
_FIND = "SELECT id, version, result FROM entity WHERE kind = ? AND key = ?"
_IS_TAKEN = """
SELECT EXISTS (SELECT 1 FROM entity WHERE kind = :kind AND key = :key)
    OR EXISTS (SELECT 1 FROM reserved WHERE kind = :kind AND key = :key)
"""


class Place(NamedTuple):
    kind: int
    key: bytes


class Outcome(NamedTuple):
    """A result for each mutation; ``version`` is the commit's time in microseconds."""

    results: list[Message]
    version: int
    index_updates: int


@dataclass
class _Slot:
    """An entity that a commit touches: as it is stored, and as it shall be."""

    number: int | None
    stored: Message | None
    wanted: Message | None
    touched_by: str = ""

    @property
    def version(self) -> int:
        return self.wanted.version if self.wanted else 0


class Changes:
    """The one writer's view of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # By the clock of an earlier process, too: versions never go back.
        self._last_number, self._last_version = database.execute(
            "SELECT coalesce(max(id), 0), coalesce(max(version), 0) FROM entity"
        ).fetchone()

    def commit(self, mutations: Iterable[Message], *, atomic: bool) -> Outcome:
        """Raises Refusal: nothing has then changed, or, where not ``atomic``, what came before the
        mutation that is refused has.
        """
        self._last_version = max(time.time_ns() // 1000, self._last_version + 1)
        decided = _Decisions(self._database, self._last_version)
        try:
            results = [decided.take(mutation) for mutation in mutations]
        except Refusal:
            if not atomic:
                self._write(decided.slots)
            raise
        return Outcome(results, self._last_version, self._write(decided.slots))

    def allocate(self, key: Message) -> None:
        """Complete a key with a number that no other has."""
        complete(self._database, key)

    def reserve(self, key: Message) -> None:
        place = find_place(self._database, key)
        self._database.execute("INSERT OR IGNORE INTO reserved VALUES (?, ?)", place)

    def _write(self, slots: dict[Place, _Slot]) -> int:
        changed = {place: slot for place, slot in slots.items() if slot.wanted is not slot.stored}
        gone = [entry for place, slot in changed.items() for entry in self._entries(place, slot)]
        self._database.executemany(
            "DELETE FROM entry WHERE property = ? AND value = ? AND key = ?",
            [entry[:3] for entry in gone],
        )
        come: list[tuple[int, bytes, bytes, int]] = []
        # In the order of an index, no page of it is gone to twice.
        for place, slot in sorted(changed.items()):
            self._write_entity(place, slot)
            slot.stored = slot.wanted
            come += self._entries(place, slot)
        come.sort()
        self._database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", come)
        return len(gone) + len(come)

    def _write_entity(self, place: Place, slot: _Slot) -> None:
        execute, wanted = self._database.execute, slot.wanted
        if wanted is None:
            execute("DELETE FROM entity WHERE id = ?", (slot.number,))
        elif slot.number is None:
            self._last_number += 1
            slot.number = self._last_number
            row = (slot.number, *place, wanted.version, wanted.SerializeToString())
            execute("INSERT INTO entity VALUES (?, ?, ?, ?, ?)", row)
        else:
            change = (wanted.version, wanted.SerializeToString(), slot.number)
            execute("UPDATE entity SET version = ?, result = ? WHERE id = ?", change)

    def _entries(self, place: Place, slot: _Slot) -> list[tuple[int, bytes, bytes, int]]:
        if slot.stored is None or slot.number is None:
            return []
        number = self._database.add_property
        held = {
            (number(place.kind, name), values.encode(value))
            for name, value in values.indexed(slot.stored.entity.properties)
        }
        return [(name, value, place.key, slot.number) for name, value in held]


class _Decisions:
    def __init__(self, database: Database, version: int) -> None:
        self.slots: dict[Place, _Slot] = {}
        self._database = database
        self._version = version
        self._time = Timestamp(seconds=version // 10**6, nanos=version % 10**6 * 1000)

    def take(self, mutation: Message) -> Message:
        operation = mutation.WhichOneof("operation")
        if operation == "delete":
            return self._result(mutation, operation, mutation.delete, None)
        entity = getattr(mutation, operation)
        allocated = not is_complete(entity.key)
        if allocated:
            complete(self._database, entity.key)
        result = self._result(mutation, operation, entity.key, entity)
        if allocated:
            result.key.CopyFrom(entity.key)
        return result

    def _result(
        self, mutation: Message, operation: str, key: Message, entity: Message | None
    ) -> Message:
        slot = self._slot(key)
        if _conflicts(mutation, slot):
            return _MutationResult(
                version=slot.version,
                conflict_detected=True,
                update_time=slot.wanted.update_time if slot.wanted else None,
            )
        _check_sequence(slot.touched_by, operation)
        _check_existence(slot, operation, key)
        slot.touched_by = operation
        if entity is None:
            slot.wanted = None
            return _MutationResult(version=self._version)
        created = slot.wanted.create_time if slot.wanted else self._time
        slot.wanted = StoredResult(
            entity=entity, version=self._version, create_time=created, update_time=self._time
        )
        return _MutationResult(version=self._version, create_time=created, update_time=self._time)

    def _slot(self, key: Message) -> _Slot:
        place = find_place(self._database, key)
        slot = self.slots.get(place)
        if slot is None:
            row = self._database.execute(_FIND, place).fetchone()
            number, stored = (row[0], StoredResult.FromString(row[2])) if row else (None, None)
            slot = self.slots[place] = _Slot(number, stored, stored)
        return slot


def find_place(database: Database, key: Message) -> Place:
    """Numbers the key's kind where it is new."""
    partition = key.partition_id
    where = Partition(partition.project_id, partition.database_id, partition.namespace_id)
    return Place(database.add_kind(where, key.path[-1].kind), encode_path(key.path))


def complete(database: Database, key: Message) -> None:
    while True:
        key.path[-1].id = _ALLOCATED_FROM + secrets.randbelow(_ALLOCATED_FROM)
        (taken,) = database.execute(_IS_TAKEN, find_place(database, key)._asdict()).fetchone()
        if not taken:
            return


def _conflicts(mutation: Message, slot: _Slot) -> bool:
    if mutation.WhichOneof("conflict_detection_strategy") is None:
        return False
    conflict = bool(mutation.base_version != slot.version)
    if conflict and mutation.conflict_resolution_strategy == Resolution.FAIL:
        message = (
            f"the stored version ({slot.version}) does not match the required base version "
            f"({mutation.base_version})"
        )
        raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, message)
    return conflict


def _check_sequence(before: str, operation: str) -> None:
    if (before, operation) in _FORBIDDEN:
        raise invalid(f"Cannot {before} then {operation} an entity in the same request.")


def _check_existence(slot: _Slot, operation: str, key: Message) -> None:
    name = "/".join(f"{each.kind}:{each.name or each.id}" for each in key.path)
    if operation == "insert" and slot.wanted:
        raise Refusal(grpc.StatusCode.ALREADY_EXISTS, f"entity already exists: {name}")
    if operation == "update" and not slot.wanted:
        raise Refusal(grpc.StatusCode.NOT_FOUND, f"no entity to update: {name}")
