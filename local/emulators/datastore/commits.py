"""What a commit may ask for."""

from local.emulators.datastore import lacking, limits
from local.emulators.datastore.keys import encode_key, is_complete
from local.emulators.datastore.messages import Message, Mode
from local.emulators.refusal import invalid


def check_commit(request: Message) -> bool:
    """Whether it is all or nothing. Raises Refusal."""
    limits.check_size(request)
    limits.check_count("mutations", len(request.mutations), limits.MAX_MUTATIONS)
    selector = request.WhichOneof("transaction_selector")
    atomic = bool(request.mode != Mode.NON_TRANSACTIONAL)
    if atomic and selector is None:
        raise invalid("transactional commit requires a transaction")
    if not atomic and selector is not None:
        raise invalid("non-transaction commit cannot specify a transaction")
    if request.single_use_transaction.WhichOneof("mode") == "read_only":
        raise invalid("Cannot modify entities in a read-only transaction.")
    keys = [_adopt(mutation, request) for mutation in request.mutations]
    if not atomic:
        _check_each_once(keys)
    return atomic


def _adopt(mutation: Message, request: Message) -> Message:
    """Check one mutation, give its key its project, and return it."""
    lacking.check(mutation)
    operation = mutation.WhichOneof("operation")
    if operation is None:
        raise invalid("Mutation is missing operation.")
    held = getattr(mutation, operation)
    key = held if operation == "delete" else held.key
    limits.adopt_key(key, request.project_id, request.database_id)
    if operation in ("update", "delete"):
        limits.check_complete(key)
    if operation != "delete":
        limits.check_entity(held)
    return key


def _check_each_once(keys: list[Message]) -> None:
    complete = [encode_key(key) for key in keys if is_complete(key)]
    if len(set(complete)) < len(complete):
        raise invalid(
            "A non-transactional commit may not contain multiple mutations affecting the same "
            "entity."
        )
