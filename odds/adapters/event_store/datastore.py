"""Datastore: its calls within a time limit, and what their failures mean to us."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from google.api_core.exceptions import (
    Aborted,
    AlreadyExists,
    Cancelled,
    GoogleAPICallError,
    RetryError,
    ServiceUnavailable,
)
from google.api_core.retry import Retry, if_exception_type
from google.cloud.datastore_v1 import DatastoreClient
from google.cloud.datastore_v1.services.datastore.transports import DatastoreGrpcTransport
from google.cloud.datastore_v1.types import (
    BeginTransactionRequest,
    CommitRequest,
    LookupRequest,
    QueryResultBatch,
    RunQueryRequest,
)

from odds.adapters import emulator, grpc_options
from odds.adapters.event_store import ranges
from odds.adapters.event_store.ranges import Message, Range

MAX_LOOKUP_KEYS = 1000
"""Of the service's limits (https://cloud.google.com/datastore/docs/concepts/limits)."""

_BeginTransactionRequest = BeginTransactionRequest.pb()
_CommitRequest = CommitRequest.pb()
_LookupRequest = LookupRequest.pb()
_RunQueryRequest = RunQueryRequest.pb()
_MAX_CHANGES = 10
"""How often a change is made anew because another one came between."""

# Cancelled is not by us: so a call may end whose connection was cut.
_is_transient = if_exception_type(Aborted, Cancelled, ServiceUnavailable)


class Page(NamedTuple):
    """Some entities of a range, and whether there may be more after them."""

    entities: list[Message]
    more: bool


class EventStoreUnavailable(Exception):
    """Datastore could not be reached, or refused; what was asked may be asked again."""


def connect(emulator_host: str | None) -> DatastoreClient:
    """A client of the emulator where there is one, else of the service; opens no connection yet."""
    if emulator_host is None:
        channel = DatastoreGrpcTransport.create_channel(options=grpc_options.SERVICE)
    else:
        channel = emulator.channel(emulator_host)
    return DatastoreClient(transport=DatastoreGrpcTransport(channel=channel))


class Datastore:
    """The entities of one project."""

    def __init__(self, client: DatastoreClient, project: str, *, timeout: float = 5.0) -> None:
        """``timeout`` of a call with its retries, in seconds: well inside a push's deadline."""
        self._client = client
        self._project = project
        self._timeout = timeout
        self._retry = Retry(predicate=_is_transient, initial=0.02, maximum=0.5, timeout=timeout)

    def key(self, kind: str, name: str) -> Message:
        return ranges.key(self._project, kind, name)

    def insert(self, entities: list[Message]) -> None:
        """Insert all or none, in a transaction of its own.

        Raises AlreadyExists where one of the keys is known, else EventStoreUnavailable.
        """
        request = _CommitRequest(
            project_id=self._project,
            mode=CommitRequest.Mode.TRANSACTIONAL,
            single_use_transaction={"read_write": {}},
            # Not as Mutations, of which each would be copied once more.
            mutations=[{"insert": entity} for entity in entities],
        )
        self._call(self._client.commit, CommitRequest.wrap(request))

    def upsert(self, entity: Message) -> None:
        """Raises EventStoreUnavailable."""
        request = _CommitRequest(
            project_id=self._project,
            mode=CommitRequest.Mode.NON_TRANSACTIONAL,
            mutations=[{"upsert": entity}],
        )
        self._call(self._client.commit, CommitRequest.wrap(request))

    def lookup(self, keys: list[Message]) -> list[Message]:
        """Those of the entities that there are. Raises EventStoreUnavailable."""
        found: list[Message] = []
        while keys:
            asked, keys = keys[:MAX_LOOKUP_KEYS], keys[MAX_LOOKUP_KEYS:]
            request = _LookupRequest(project_id=self._project, keys=asked)
            response = self._call(self._client.lookup, LookupRequest.wrap(request))
            answer = type(response).pb(response)
            found += [result.entity for result in answer.found]
            keys = [*answer.deferred, *keys]
        return found

    def query(self, wanted: Range, limit: int, *, descending: bool = False) -> Page:
        """The first (or last) entities of a range, in order, perhaps fewer than ``limit``.

        The page after it is a query above its last entity: an emulator answers that faster than
        one from a cursor. Raises EventStoreUnavailable.
        """
        query = ranges.query(self._project, wanted, limit, descending=descending)
        while True:
            request = _RunQueryRequest(project_id=self._project, query=query)
            response = self._call(self._client.run_query, RunQueryRequest.wrap(request))
            batch = type(response).pb(response).batch
            entities = [result.entity for result in batch.entity_results]
            unfinished = batch.more_results == QueryResultBatch.MoreResultsType.NOT_FINISHED
            if entities or not unfinished:
                return Page(entities, unfinished or len(entities) == limit)
            query.start_cursor = batch.end_cursor

    def change(self, key: Message, changed: Callable[[Message | None], Message | None]) -> None:
        """Make one entity of the one there is, if any; None deletes it.

        ``changed`` is called again where another change came between, and may raise to leave
        all as it is. Raises EventStoreUnavailable.
        """
        for _ in range(_MAX_CHANGES):
            try:
                return self._change_once(key, changed)
            except Aborted:
                continue
        raise EventStoreUnavailable(f"others changed the entity {_MAX_CHANGES} times meanwhile")

    def _change_once(
        self, key: Message, changed: Callable[[Message | None], Message | None]
    ) -> None:
        transaction = self._begin()
        request = _LookupRequest(
            project_id=self._project, keys=[key], read_options={"transaction": transaction}
        )
        response = self._call(self._client.lookup, LookupRequest.wrap(request))
        found = type(response).pb(response).found
        entity = changed(found[0].entity if found else None)
        mutation = {"delete": key} if entity is None else {"upsert": entity}
        commit = _CommitRequest(
            project_id=self._project,
            mode=CommitRequest.Mode.TRANSACTIONAL,
            transaction=transaction,
            mutations=[mutation],
        )
        try:
            self._client.commit(CommitRequest.wrap(commit), retry=None, timeout=self._timeout)
        except Aborted:
            raise
        except GoogleAPICallError as error:
            raise EventStoreUnavailable(f"Datastore: {error}") from error

    def _begin(self) -> bytes:
        request = _BeginTransactionRequest(
            project_id=self._project, transaction_options={"read_write": {}}
        )
        response = self._call(self._client.begin_transaction, BeginTransactionRequest.wrap(request))
        return bytes(response.transaction)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        """Call, again after what may pass, until the timeout. Only AlreadyExists is let through."""
        deadline = time.monotonic() + self._timeout

        def attempt() -> Any:
            return method(request, retry=None, timeout=deadline - time.monotonic())

        try:
            return self._retry(attempt)()
        except AlreadyExists:
            raise
        except (GoogleAPICallError, RetryError) as error:
            raise EventStoreUnavailable(f"Datastore: {error}") from error
