"""Datastore: its calls within a time limit, and what their failures mean to us."""

from collections.abc import Callable
from typing import Any

from google.api_core.exceptions import (
    Aborted,
    AlreadyExists,
    GoogleAPICallError,
    RetryError,
    ServiceUnavailable,
)
from google.api_core.retry import Retry, if_exception_type
from google.cloud.datastore_v1 import DatastoreClient
from google.cloud.datastore_v1.services.datastore.transports import DatastoreGrpcTransport
from google.cloud.datastore_v1.types import CommitRequest, Key, LookupRequest, Mutation

from odds.adapters import emulator

Message = Any
"""A bare protobuf message: the client's own wrappers cost more than the calls."""

MAX_LOOKUP_KEYS = 1000
"""Of the service's limits (https://cloud.google.com/datastore/docs/concepts/limits)."""

EntityKey = Key.pb()
CHANGE = Mutation.pb()

_CommitRequest = CommitRequest.pb()
_LookupRequest = LookupRequest.pb()
_is_transient = if_exception_type(Aborted, ServiceUnavailable)


class EventStoreUnavailable(Exception):
    """Datastore could not be reached, or refused; what was asked may be asked again."""


def connect(emulator_host: str | None) -> DatastoreClient:
    """A client of the emulator where there is one, else of the service; opens no connection yet."""
    if emulator_host is None:
        return DatastoreClient()
    transport = DatastoreGrpcTransport(channel=emulator.channel(emulator_host))
    return DatastoreClient(transport=transport)


class Datastore:
    """The entities of one project."""

    def __init__(self, client: DatastoreClient, project: str, *, timeout: float = 5.0) -> None:
        """``timeout`` of a call with its retries, in seconds: well inside a push's deadline."""
        self._client = client
        self._project = project
        self._timeout = timeout
        self._retry = Retry(predicate=_is_transient, initial=0.02, maximum=0.5, timeout=timeout)

    def key(self, kind: str, name: str) -> Message:
        return EntityKey(
            partition_id={"project_id": self._project}, path=[{"kind": kind, "name": name}]
        )

    def insert(self, entities: list[Message]) -> None:
        """Insert all or none, in a transaction of its own.

        Raises AlreadyExists where one of the keys is known, else EventStoreUnavailable.
        """
        request = _CommitRequest(
            project_id=self._project,
            mode=CommitRequest.Mode.TRANSACTIONAL,
            single_use_transaction={"read_write": {}},
            mutations=[CHANGE(insert=entity) for entity in entities],
        )
        self._call(self._client.commit, CommitRequest.wrap(request))

    def upsert(self, entity: Message) -> None:
        """Raises EventStoreUnavailable."""
        request = _CommitRequest(
            project_id=self._project,
            mode=CommitRequest.Mode.NON_TRANSACTIONAL,
            mutations=[CHANGE(upsert=entity)],
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

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return self._retry(method)(request, retry=None, timeout=self._timeout)
        except AlreadyExists:
            raise
        except (GoogleAPICallError, RetryError) as error:
            raise EventStoreUnavailable(f"Datastore: {error}") from error
