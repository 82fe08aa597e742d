"""The API's messages, bare."""

from typing import Any

from google.cloud.datastore_v1.types import (
    CommitRequest,
    CompositeFilter,
    EntityResult,
    Mutation,
    PropertyFilter,
    PropertyOrder,
    QueryResultBatch,
)

Message = Any

Mode = CommitRequest.Mode
Operator = PropertyFilter.Operator
Composite = CompositeFilter.Operator
Direction = PropertyOrder.Direction
ResultType = EntityResult.ResultType
More = QueryResultBatch.MoreResultsType
Resolution = Mutation.ConflictResolutionStrategy

StoredResult = EntityResult.pb()
