"""The Datastore API in short words, for what is said about a server of it."""

from typing import Any

from google.cloud.datastore_v1 import DatastoreClient
from google.cloud.datastore_v1.types import (
    BeginTransactionRequest,
    CommitRequest,
    Entity,
    Key,
    LookupRequest,
    PropertyFilter,
    Query,
    RunQueryRequest,
    TransactionOptions,
    Value,
)

from odds.adapters.event_store import datastore

Operator = PropertyFilter.Operator
ATOMIC = CommitRequest.Mode.TRANSACTIONAL
ONE_BY_ONE = CommitRequest.Mode.NON_TRANSACTIONAL


class Api:
    """Bare requests about one project's entities."""

    def __init__(self, host: str, project: str) -> None:
        self.client: DatastoreClient = datastore.connect(host)
        self.project = project

    def key(self, kind: str, *identifiers: str | int, namespace: str = "") -> Key:
        """Each identifier but the last is of an ancestor, of the same kind; none: incomplete."""
        path: list[dict[str, str | int]] = [
            {"kind": kind, "id" if isinstance(each, int) else "name": each} for each in identifiers
        ]
        partition = {"project_id": self.project, "namespace_id": namespace}
        return Key(partition_id=partition, path=path or [{"kind": kind}])

    def entity(self, key: Key, **properties: Any) -> Entity:
        return Entity(key=key, properties={name: value(held) for name, held in properties.items()})

    def commit(
        self, *mutations: dict[str, Any], transaction: bytes | None = None, mode: Any = ATOMIC
    ) -> Any:
        request = CommitRequest(project_id=self.project, mode=mode, mutations=mutations)
        if transaction is not None:
            request.transaction = transaction
        elif mode == ATOMIC:
            request.single_use_transaction.read_write = TransactionOptions.ReadWrite()
        return self.client.commit(request, timeout=10)

    def put(self, *entities: Entity) -> None:
        self.commit(*({"upsert": entity} for entity in entities))

    def begin(self, **options: Any) -> bytes:
        options = options or {"read_write": {}}
        request = BeginTransactionRequest(project_id=self.project, transaction_options=options)
        return bytes(self.client.begin_transaction(request).transaction)

    def lookup(self, *keys: Key, **options: Any) -> Any:
        request = LookupRequest(project_id=self.project, keys=keys, read_options=options)
        return self.client.lookup(request, timeout=10)

    def query(self, kind: str | None, namespace: str = "", **query: Any) -> Any:
        """One batch."""
        kinds = [{"name": kind}] if kind else []
        request = RunQueryRequest(
            project_id=self.project,
            partition_id={"project_id": self.project, "namespace_id": namespace},
            query=Query(kind=kinds, **query),
        )
        return self.client.run_query(request, timeout=10).batch

    def names(self, kind: str | None, **query: Any) -> list[str | int]:
        """Of the keys of one batch."""
        return names(self.query(kind, **query))


def names(batch: Any) -> list[str | int]:
    last = [result.entity.key.path[-1] for result in batch.entity_results]
    return [element.name or element.id for element in last]


def value(held: Any) -> Value:
    if isinstance(held, Value):
        return held
    if isinstance(held, list):
        return Value(array_value={"values": [value(each) for each in held]})
    kinds: dict[type, str] = {
        bool: "boolean_value",
        int: "integer_value",
        float: "double_value",
        str: "string_value",
        bytes: "blob_value",
        Key: "key_value",
        Entity: "entity_value",
    }
    return Value(null_value=0) if held is None else Value({kinds[type(held)]: held})


def unindexed(held: Any) -> Value:
    made = value(held)
    made.exclude_from_indexes = True
    return made


def compare(name: str, operator: int, held: Any) -> dict[str, Any]:
    comparison = {"property": {"name": name}, "op": operator, "value": value(held)}
    return {"property_filter": comparison}


def every(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"composite_filter": {"op": "AND", "filters": filters}}


def order(*names: str) -> list[dict[str, Any]]:
    """A ``-`` before a name turns it around."""
    return [
        {
            "property": {"name": name.removeprefix("-")},
            "direction": "DESCENDING" if name.startswith("-") else "ASCENDING",
        }
        for name in names
    ]


def projection(*names: str) -> list[dict[str, Any]]:
    return [{"property": {"name": name}} for name in names]
