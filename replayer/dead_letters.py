"""What the projector could not acknowledge in all its attempts: the dead-letter subscription."""

from collections.abc import Sequence
from typing import NamedTuple

from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    PermissionDenied,
    RetryError,
)
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage

from odds.adapters import emulator
from odds.adapters.event_bus.publisher import EventBusUnavailable

SOURCE = "CloudPubSubDeadLetterSourceSubscription"
"""Attribute that Pub/Sub adds (https://cloud.google.com/pubsub/docs/handling-failures)."""
MOST = 1000
"""Letters that are held at once."""
HELD_SECONDS = 60
"""How long a letter that was pulled is shown to nobody else, unless it is released."""
CONNECTED_WITHIN = 15.0
"""Seconds."""
_EMPTY_AFTER = 3.0
"""Seconds without a message after which a pull is empty."""


class DeadLetter(NamedTuple):
    """A message of the dead-letter subscription, held for whoever pulled it.

    ``published_at`` is in microseconds since the epoch; ``receipt`` is good until released.
    """

    message_id: str
    data: bytes
    attributes: dict[str, str]
    published_at: int
    receipt: str


class DeadLetters:
    """The dead-letter subscription: what is pulled from it is held, then released or acknowledged.

    Every method raises EventBusUnavailable.
    """

    def __init__(self, client: SubscriberClient, subscription: str) -> None:
        """``subscription`` is its path, ``projects/…/subscriptions/…``."""
        self._client = client
        self._subscription = subscription

    def pull(self, most: int = MOST) -> list[DeadLetter]:
        """Take what there is and hold it: release or acknowledge it afterwards."""
        self._connect()
        letters: list[DeadLetter] = []
        while len(letters) < most and (some := self._pull_some(most - len(letters))):
            self._hold(some, HELD_SECONDS)
            letters += some
        return letters

    def release(self, letters: Sequence[DeadLetter]) -> None:
        if letters:
            self._hold(letters, 0)

    def acknowledge(self, letters: Sequence[DeadLetter]) -> None:
        receipts = [letter.receipt for letter in letters]
        try:
            self._client.acknowledge(subscription=self._subscription, ack_ids=receipts)
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{self._subscription}: {error}") from error

    def _connect(self) -> None:
        """Without a connection no message comes either, which doesn't mean that there is none."""
        try:
            self._client.get_subscription(
                subscription=self._subscription, timeout=CONNECTED_WITHIN, retry=None
            )
        except PermissionDenied:
            pass  # Who may pull need not be allowed to ask, and is answered all the same.
        except DeadlineExceeded as error:
            reason = f"no answer within {CONNECTED_WITHIN} s"
            raise EventBusUnavailable(f"{self._subscription}: {reason}") from error
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{self._subscription}: {error}") from error

    def _pull_some(self, most: int) -> list[DeadLetter]:
        """None only where two pulls in a row are empty: Pub/Sub may answer one with none though it
        has some."""
        return self._pull_once(most) or self._pull_once(most)

    def _pull_once(self, most: int) -> list[DeadLetter]:
        try:
            answer = self._client.pull(
                subscription=self._subscription, max_messages=most, timeout=_EMPTY_AFTER, retry=None
            )
        except DeadlineExceeded:
            return []
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{self._subscription}: {error}") from error
        return [
            DeadLetter(
                message_id=received.message.message_id,
                data=received.message.data,
                attributes=dict(sorted(received.message.attributes.items())),
                published_at=PubsubMessage.pb(received.message).publish_time.ToMicroseconds(),
                receipt=received.ack_id,
            )
            for received in answer.received_messages
        ]

    def _hold(self, letters: Sequence[DeadLetter], seconds: int) -> None:
        receipts = [letter.receipt for letter in letters]
        try:
            self._client.modify_ack_deadline(
                subscription=self._subscription, ack_ids=receipts, ack_deadline_seconds=seconds
            )
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{self._subscription}: {error}") from error


def connect(emulator_host: str | None) -> SubscriberClient:
    """A client of the emulator where there is one, else of the service; opens no connection yet."""
    if emulator_host is None:
        # As ``odds.adapters.event_bus.publisher`` has it.
        return SubscriberClient(transport=SubscriberGrpcTransport(always_use_jwt_access=True))
    transport = SubscriberGrpcTransport(channel=emulator.channel(emulator_host))
    return SubscriberClient(transport=transport)
