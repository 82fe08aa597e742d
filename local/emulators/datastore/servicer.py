"""The methods of ``google.datastore.v1.Datastore``."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from google.cloud.datastore_v1.types import (
    AllocateIdsResponse,
    BeginTransactionResponse,
    CommitResponse,
    ReserveIdsResponse,
    RollbackResponse,
    RunAggregationQueryResponse,
    RunQueryResponse,
)

from local.emulators.datastore import aggregations, lacking, limits, lookups, queries
from local.emulators.datastore.changes import Changes
from local.emulators.datastore.commits import check_commit
from local.emulators.datastore.messages import Message
from local.emulators.datastore.readers import Read, Readers
from local.emulators.datastore.storage import Database, Partition
from local.emulators.datastore.transactions import Transactions
from local.emulators.datastore.writer import Writer

_AllocateIdsResponse = AllocateIdsResponse.pb()
_BeginTransactionResponse = BeginTransactionResponse.pb()
_CommitResponse = CommitResponse.pb()
_ReserveIdsResponse = ReserveIdsResponse.pb()
_RollbackResponse = RollbackResponse.pb()
_RunAggregationQueryResponse = RunAggregationQueryResponse.pb()
_RunQueryResponse = RunQueryResponse.pb()


class DatastoreServicer:
    """Each method raises Refusal."""

    def __init__(self, file: Path, *, durable: bool) -> None:
        self._writer = Writer(file, durable=durable)
        self._readers = Readers(file)
        self._transactions = Transactions(file, self._readers)

    async def close(self) -> None:
        self._readers.close()
        self._transactions.close()
        await self._writer.close()

    async def lookup(self, request: Message) -> Message:
        lacking.check(request)
        limits.check_count("keys", len(request.keys), limits.MAX_LOOKUP_KEYS)
        for key in request.keys:
            limits.adopt_key(key, request.project_id, request.database_id)
            limits.check_complete(key)
        read = partial(lookups.run, keys=request.keys)
        response, begun = await self._read(request.read_options, read)
        response.transaction = begun
        response.read_time.GetCurrentTime()
        return response

    async def run_query(self, request: Message) -> Message:
        lacking.check(request)
        queries.check_request(request)
        read = partial(queries.run, partition=_partition(request), query=request.query)
        batch, begun = await self._read(request.read_options, read)
        batch.read_time.GetCurrentTime()
        return _RunQueryResponse(batch=batch, transaction=begun)

    async def run_aggregation_query(self, request: Message) -> Message:
        lacking.check(request)
        aggregations.check_request(request)
        asked = request.aggregation_query
        read = partial(aggregations.run, partition=_partition(request), asked=asked)
        batch, begun = await self._read(request.read_options, read)
        batch.read_time.GetCurrentTime()
        return _RunAggregationQueryResponse(batch=batch, transaction=begun)

    async def begin_transaction(self, request: Message) -> Message:
        return _BeginTransactionResponse(
            transaction=self._transactions.begin(request.transaction_options)
        )

    async def rollback(self, request: Message) -> Message:
        await self._transactions.end(request.transaction)
        return _RollbackResponse()

    async def commit(self, request: Message) -> Message:
        atomic = check_commit(request)
        self._transactions.end_those_that_are_over()
        in_transaction = request.WhichOneof("transaction_selector") == "transaction"
        transaction = None
        if in_transaction:
            transaction = await self._transactions.end(request.transaction)

        def write(changes: Changes, database: Database) -> Message:
            if transaction is not None:
                transaction.check(database, bool(request.mutations))
            outcome = changes.commit(request.mutations, atomic=atomic)
            response = _CommitResponse(
                mutation_results=outcome.results, index_updates=outcome.index_updates
            )
            if atomic:
                response.commit_time.FromMicroseconds(outcome.version)
            return response

        return await self._writer.write(write)

    async def allocate_ids(self, request: Message) -> Message:
        for key in request.keys:
            limits.adopt_key(key, request.project_id, request.database_id)
            limits.check_incomplete(key)
        await self._for_each_key(request, Changes.allocate)
        return _AllocateIdsResponse(keys=request.keys)

    async def reserve_ids(self, request: Message) -> Message:
        for key in request.keys:
            limits.adopt_key(key, request.project_id, request.database_id)
            limits.check_complete(key)
        await self._for_each_key(request, Changes.reserve)
        return _ReserveIdsResponse()

    async def _for_each_key(
        self, request: Message, write: Callable[[Changes, Message], None]
    ) -> None:
        def write_all(changes: Changes, _: Database) -> None:
            for key in request.keys:
                write(changes, key)

        await self._writer.write(write_all)

    async def _read(self, options: Message, read: Read) -> tuple[Message, bytes]:
        """The answer, and the transaction that was begun with it, if any."""
        lacking.check(options)
        consistency = options.WhichOneof("consistency_type")
        if consistency == "transaction":
            return await self._transactions.read(options.transaction, read), b""
        if consistency == "new_transaction":
            begun = self._transactions.begin(options.new_transaction)
            return await self._transactions.read(begun, read), begun
        return await self._readers.read(read), b""


def _partition(request: Message) -> Partition:
    namespace = request.partition_id.namespace_id
    limits.check_namespace(namespace)
    return Partition(request.project_id, request.database_id, namespace)
