"""Parking what can never be applied, so that one message that can't be parked fails alone."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.event_store.parked_messages import ParkedMessage, ParkedMessages
from odds.adapters.telemetry.logs import fields
from projector.envelope import Envelope
from projector.metrics import Metrics

AT_ONCE = 16
"""Messages that are parked at the same time: one after another, a batch of them would take long."""
PATIENCE = 3.0
"""Seconds in which a batch's messages begin to be parked; those that are left come again."""

_log = logging.getLogger(__name__)


class Refused(NamedTuple):
    """A message that can never be applied, and why."""

    envelope: Envelope
    reason: str


class Parking:
    def __init__(self, parked: ParkedMessages, clock: Callable[[], int], metrics: Metrics) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._parked = parked
        self._clock = clock
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="parking")

    def park(self, refused: Sequence[Refused]) -> list[EventStoreUnavailable | None]:
        """What failed each message, if anything did: that one must then come again."""
        deadline = time.monotonic() + PATIENCE
        return [*self._threads.map(lambda each: self._try(each, deadline), refused)]

    def _try(self, refused: Refused, deadline: float) -> EventStoreUnavailable | None:
        if time.monotonic() > deadline:
            return EventStoreUnavailable("there was no time left to park it")
        try:
            self._park(*refused)
        except EventStoreUnavailable as error:
            return error
        return None

    def _park(self, envelope: Envelope, reason: str) -> None:
        message = envelope.message
        parked = ParkedMessage(
            data=message.data,
            attributes=message.attributes,
            subscription=envelope.subscription,
            reason=reason,
            parked_at=self._clock(),
        )
        self._parked.park(parked)
        self._metrics.events({(message.attributes.get("event_velocity"), "parked"): 1})
        _log.error(
            "message parked",
            extra=fields(
                reason=reason,
                parked=parked.name,
                message_id=message.message_id,
                event_id=message.attributes.get("event_id"),
            ),
        )
