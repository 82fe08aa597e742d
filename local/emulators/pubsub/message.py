"""A published message."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from google.pubsub_v1.types import PubsubMessage

Body: Any = PubsubMessage.pb()


class Message(NamedTuple):
    """``id`` is also when it was published, in microseconds; ``body`` is a PubsubMessage."""

    id: int
    key: str
    body: bytes

    @property
    def parsed(self) -> Any:
        return Body.FromString(self.body)

    @classmethod
    def stored(cls, id: int, body: bytes) -> "Message":  # noqa: A002
        return cls(id, Body.FromString(body).ordering_key, body)


def message_ids(after: int = 0) -> Iterator[int]:
    """The time in microseconds, greater each time, and greater than ``after``."""
    last = after
    while True:
        last = max(last + 1, time.time_ns() // 1000)
        yield last


def stamp(message: Any, id: int) -> Message:  # noqa: A002
    """Give a PubsubMessage what the service gives it."""
    message.message_id = str(id)
    message.publish_time.FromMicroseconds(id)
    return Message(id, message.ordering_key, message.SerializeToString())
