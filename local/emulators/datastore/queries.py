"""Running a query: from the rows of its statement to a batch of results."""

from collections.abc import Iterator

from google.cloud.datastore_v1.types import QueryResultBatch

from local.emulators.datastore import cursors
from local.emulators.datastore.messages import Message, More
from local.emulators.datastore.query_rules import check_query
from local.emulators.datastore.results import Shape
from local.emulators.datastore.statement import Row, Statement
from local.emulators.datastore.storage import Database, Partition
from local.emulators.refusal import invalid

_Batch = QueryResultBatch.pb()
_MOST_RESULTS = 1000
_MOST_BYTES = 3 * 1024 * 1024
"""Of one batch: with it the answer stays below gRPC's default of 4 MiB for a message."""


def check_request(request: Message) -> None:
    """Raises Refusal."""
    if not request.HasField("query"):
        raise invalid("one of fields Query.query and Query.gql_query must be set")


def run(database: Database, partition: Partition, query: Message) -> Message:
    """One batch. Raises Refusal."""
    check_query(query)
    statement = Statement(query)
    shape = Shape.of(query, statement)
    rows = shape.once(statement.rows(database, partition, results=True), statement.after)
    batch = _Batch(entity_result_type=shape.type, end_cursor=query.start_cursor)
    _skip(batch, rows, query.offset)
    batch.more_results = _fill(batch, rows, query, shape)
    return batch


def count(database: Database, partition: Partition, query: Message, most: int | None) -> int:
    """How many results there are, counting no further than ``most``. Raises Refusal."""
    check_query(query)
    statement = Statement(query)
    shape = Shape.of(query, statement)
    rows = shape.once(statement.rows(database, partition, results=False), statement.after)
    limits = [each for each in (most, _limit(query)) if each is not None]
    stop = int(query.offset) + min(limits) if limits else None
    counted = 0
    while counted != stop and next(rows, None) is not None:
        counted += 1
    return max(counted - int(query.offset), 0)


def _skip(batch: Message, rows: Iterator[Row], offset: int) -> None:
    while batch.skipped_results < offset and (row := next(rows, None)):
        batch.skipped_results += 1
        batch.end_cursor = batch.skipped_cursor = cursors.encode(row.position)


def _fill(batch: Message, rows: Iterator[Row], query: Message, shape: Shape) -> int:
    limit, held = _limit(query), 0
    for number, row in enumerate(rows):
        if number == limit:
            return More.MORE_RESULTS_AFTER_LIMIT
        held += len(row.result)
        if number == _MOST_RESULTS or (number > 0 and held > _MOST_BYTES):
            return More.NOT_FINISHED
        result = batch.entity_results.add()
        result.MergeFromString(row.result)
        shape.show(result, row.position)
        result.cursor = batch.end_cursor = cursors.encode(row.position)
    return More.MORE_RESULTS_AFTER_CURSOR if query.end_cursor else More.NO_MORE_RESULTS


def _limit(query: Message) -> int | None:
    return int(query.limit.value) if query.HasField("limit") else None
