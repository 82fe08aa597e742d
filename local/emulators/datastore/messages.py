"""The API's messages, bare: the client's wrappers of them cost more than the work on them."""

from typing import Any

from google.cloud.datastore_v1.types import (
    CommitRequest,
    CompositeFilter,
    EntityResult,
    Mutation,
    PropertyFilter,
    PropertyOrder,
    QueryResultBatch,
    datastore,
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

_file = datastore.CommitRequest.pb().DESCRIPTOR.file
SERVICE = f"{_file.package}.Datastore"


def methods() -> dict[str, tuple[Message, Message]]:
    """The service's methods by name, with what each takes and answers.

    The client carries no descriptor of the service, but its messages are named for the methods.
    """
    names = [name.removesuffix("Request") for name in _file.message_types_by_name]
    return {
        name: (
            getattr(datastore, f"{name}Request").pb(),
            getattr(datastore, f"{name}Response").pb(),
        )
        for name in names
        if f"{name}Response" in _file.message_types_by_name
    }
