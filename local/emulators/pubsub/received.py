"""Messages as a subscriber is given them."""

from collections.abc import Sequence
from typing import Any

from google.pubsub_v1 import types

from local.emulators.pubsub.leases import Lease
from local.emulators.pubsub.subscription import Subscription

MAX_BYTES = 10_000_000
"""Of messages, about, in one response."""

_ReceivedMessage = types.ReceivedMessage.pb()


def received(subscription: Subscription, leases: Sequence[Lease]) -> list[Any]:
    return [
        _ReceivedMessage(
            ack_id=lease.receipt,
            message=lease.delivery.message.parsed,
            delivery_attempt=subscription.delivery_attempt(lease.delivery),
        )
        for lease in leases
    ]
