"""StreamingPull: messages as they come, within what their subscriber says it can hold."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.pubsub_v1 import types

from local.emulators.pubsub import limits
from local.emulators.pubsub.backlog import Delivery
from local.emulators.pubsub.leases import Lease
from local.emulators.pubsub.received import MAX_BYTES, received
from local.emulators.pubsub.subscription import Subscription
from local.emulators.refusal import invalid, not_found

_StreamingPullResponse = types.StreamingPullResponse.pb()
_MOST_AT_ONCE = 1000
_LEAST_SECONDS, _MOST_SECONDS = 10, 600


class StreamingPull:
    """One stream. What it holds when it ends comes again once its ack deadline has passed."""

    def __init__(self, subscription: Subscription, first: Any) -> None:
        """Raises Refusal."""
        self._subscription = subscription
        self._seconds = _checked_seconds(first.stream_ack_deadline_seconds)
        self._most_messages = first.max_outstanding_messages
        self._most_bytes = first.max_outstanding_bytes
        self._messages = 0
        self._bytes = 0

    async def responses(self, requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Until the subscriber ends its side, or the subscription is deleted."""
        reading = asyncio.create_task(self._read(requests))
        reading.add_done_callback(lambda _: self._subscription.wake())
        try:
            while not reading.done():
                if self._subscription.deleted:
                    raise not_found(self._subscription.config.name)
                if leases := self._lease():
                    messages = received(self._subscription, leases)
                    yield _StreamingPullResponse(received_messages=messages)
                else:
                    await self._subscription.changed()
            reading.result()
        finally:
            reading.cancel()

    async def _read(self, requests: AsyncIterator[Any]) -> None:
        async for request in requests:
            self.take(request)

    def take(self, request: Any) -> None:
        """What the subscriber says of messages that it holds. Raises Refusal."""
        if request.stream_ack_deadline_seconds:
            self._seconds = _checked_seconds(request.stream_ack_deadline_seconds)
        receipts, extensions = request.modify_deadline_ack_ids, request.modify_deadline_seconds
        if len(receipts) != len(extensions):
            raise invalid(
                f"modify_deadline_ack_ids has {len(receipts)} and modify_deadline_seconds"
                f" {len(extensions)}; expected as many."
            )
        for seconds in extensions:
            limits.check_extension("modify_deadline_seconds", seconds)
        self._subscription.acknowledge(request.ack_ids)
        for receipt, seconds in zip(receipts, extensions, strict=True):
            self._subscription.prolong([receipt], seconds)

    def _lease(self) -> list[Lease]:
        messages = self._most_messages - self._messages if self._most_messages > 0 else MAX_BYTES
        size = self._most_bytes - self._bytes if self._most_bytes > 0 else MAX_BYTES
        if messages <= 0 or size <= 0:
            return []
        leases = self._subscription.lease(
            min(messages, _MOST_AT_ONCE), min(size, MAX_BYTES), self._seconds, self._ended
        )
        self._messages += len(leases)
        self._bytes += sum(len(lease.delivery.message.body) for lease in leases)
        return leases

    def _ended(self, delivery: Delivery) -> None:
        self._messages -= 1
        self._bytes -= len(delivery.message.body)
        self._subscription.wake()


def _checked_seconds(seconds: int) -> int:
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        raise invalid(f"Invalid stream_ack_deadline_seconds given: {seconds}; expected 10 to 600.")
    return seconds
