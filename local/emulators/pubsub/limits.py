"""What the service refuses to publish or to hold (https://cloud.google.com/pubsub/quotas#resource_limits)."""

from typing import Any

from local.emulators.refusal import Refusal, invalid

MAX_MESSAGES = 1000
MAX_BYTES = 10_000_000
MAX_KEY_BYTES = 1024
MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_KEY_BYTES = 256
MAX_ATTRIBUTE_VALUE_BYTES = 1024
MAX_EXTENSION_SECONDS = 600


def check(request: Any) -> None:
    """Of a PublishRequest. Raises Refusal, INVALID_ARGUMENT."""
    if not 0 < len(request.messages) <= MAX_MESSAGES:
        raise _outside("message_count", len(request.messages), MAX_MESSAGES)
    if request.ByteSize() > MAX_BYTES:
        raise _outside("request_size", request.ByteSize(), MAX_BYTES)
    if len({message.ordering_key for message in request.messages}) > 1:
        raise invalid("In a single publish request, all messages must have the same ordering key.")
    for message in request.messages:
        _check_message(message)


def check_extension(field: str, seconds: int) -> None:
    """Of an ack deadline, from now on. Raises Refusal, INVALID_ARGUMENT."""
    if not 0 <= seconds <= MAX_EXTENSION_SECONDS:
        most = MAX_EXTENSION_SECONDS
        raise invalid(f"Invalid {field} given: {seconds}; expected 0 to {most}.")


def _check_message(message: Any) -> None:
    if not message.data and not message.attributes:
        raise invalid(
            "One or more messages in the publish request is empty: give each non-empty"
            " data or at least one attribute."
        )
    if len(message.ordering_key.encode()) > MAX_KEY_BYTES:
        raise _outside("ordering_key", len(message.ordering_key.encode()), MAX_KEY_BYTES)
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise _outside("attribute_count", len(message.attributes), MAX_ATTRIBUTES)
    for key, value in message.attributes.items():
        if not key or key.startswith("goog"):
            raise invalid(f"attribute {key!r}: a key is not empty and does not begin with goog")
        if len(key.encode()) > MAX_ATTRIBUTE_KEY_BYTES:
            raise _outside("attribute_key_size", len(key.encode()), MAX_ATTRIBUTE_KEY_BYTES)
        if len(value.encode()) > MAX_ATTRIBUTE_VALUE_BYTES:
            raise _outside("attribute_value_size", len(value.encode()), MAX_ATTRIBUTE_VALUE_BYTES)


def _outside(what: str, value: int, most: int) -> Refusal:
    return invalid(f"The value for {what} is {value}; expected 1 to {most}.")
