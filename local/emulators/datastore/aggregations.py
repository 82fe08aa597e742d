"""Counting the results of a query."""

from google.cloud.datastore_v1.types import AggregationResultBatch

from local.emulators.datastore import lacking, queries
from local.emulators.datastore.messages import Message, More
from local.emulators.datastore.storage import Database, Partition
from local.emulators.refusal import invalid

_Batch = AggregationResultBatch.pb()
_MAX_AGGREGATIONS = 5


def check_request(request: Message) -> None:
    """Raises Refusal."""
    asked = request.aggregation_query.aggregations
    if not request.aggregation_query.HasField("nested_query"):
        raise invalid("aggregation_query.nested_query must be set")
    if not 1 <= len(asked) <= _MAX_AGGREGATIONS:
        raise invalid(f"a query takes one to {_MAX_AGGREGATIONS} aggregations, not {len(asked)}")
    for aggregation in asked:
        lacking.check(aggregation)
        if aggregation.WhichOneof("operator") is None:
            raise invalid("an aggregation must have an operator")


def run(database: Database, partition: Partition, asked: Message) -> Message:
    """One result with a value for each aggregation. Raises Refusal."""
    batch = _Batch(more_results=More.NO_MORE_RESULTS)
    values = batch.aggregation_results.add().aggregate_properties
    unnamed = 0
    for aggregation in asked.aggregations:
        unnamed += not aggregation.alias
        alias = aggregation.alias or f"property_{unnamed}"
        if alias in values:
            raise invalid(f"the alias {alias} is given twice")
        wanted = aggregation.count
        most = wanted.up_to.value if wanted.HasField("up_to") else None
        counted = queries.count(database, partition, asked.nested_query, most)
        values[alias].integer_value = counted
    return batch
