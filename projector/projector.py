"""Projecting a batch: each event goes to the event store, then to the read model."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from odds import event_codec
from odds.adapters.event_store import EventStore
from odds.adapters.logs import fields
from odds.adapters.parked_messages import ParkedMessage, ParkedMessages
from odds.adapters.read_model import BatchRefused, ReadModel
from odds.event import Event
from odds.event_codec import EncodedEvent, UndecodableEvent
from odds.fold import Outcome
from projector.envelope import Envelope
from projector.metrics import DATASTORE, POSTGRESQL, Metrics

_log = logging.getLogger(__name__)


class Projector:
    """Stores and projects messages of the bus; after both they may be acknowledged."""

    def __init__(
        self,
        store: EventStore,
        parked: ParkedMessages,
        read_model: ReadModel,
        clock: Callable[[], int],
        metrics: Metrics,
    ) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._store = store
        self._parked = parked
        self._read_model = read_model
        self._clock = clock
        self._metrics = metrics

    def store(self, envelopes: Sequence[Envelope]) -> list[Event | None]:
        """The event of each message, as it is stored; None for one that was parked.

        What can't be decoded is parked, and so is a command under the EventID of another one
        (design, rules 4 and 5). Raises EventStoreUnavailable: all must then come again.
        """
        read = [self._read(envelope) for envelope in envelopes]
        with self._metrics.timing(DATASTORE):
            stored = self._store.record([encoded for encoded in read if encoded])
        return [
            self._stored(envelope, encoded, stored)
            for envelope, encoded in zip(envelopes, read, strict=True)
        ]

    def project(
        self, events: Sequence[Event], traceparents: Mapping[UUID, str]
    ) -> list[Exception | None]:
        """What failed each event, if anything did: one bad event never fails its neighbours.

        Raises ReadModelUnavailable: all must then come again.
        """
        try:
            with self._metrics.timing(POSTGRESQL):
                outcomes = self._read_model.project(events, traceparents)
        except BatchRefused as refusal:
            if len(events) == 1:
                _log.error("event refused", extra=fields(error=str(refusal), **_facts(events[0])))
                return [refusal]
            return [fate for event in events for fate in self.project([event], traceparents)]
        self._tell(events, outcomes)
        return [None] * len(events)

    def _read(self, envelope: Envelope) -> EncodedEvent | None:
        try:
            return event_codec.decode(envelope.message.data)
        except UndecodableEvent as error:
            self._park(envelope, str(error))
            return None

    def _stored(
        self,
        envelope: Envelope,
        encoded: EncodedEvent | None,
        stored: dict[UUID, EncodedEvent | None],
    ) -> Event | None:
        if encoded is None:
            return None
        event_id = encoded.event.event_id
        kept = stored[event_id]
        if kept is None:
            self._park(envelope, f"what is stored under EventID {event_id} can't be read")
        elif kept.event.says_the_same_as(encoded.event):
            return kept.event
        else:
            self._park(envelope, f"another command is stored under EventID {event_id}")
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
        self._metrics.event(message.attributes.get("event_velocity"), "parked")
        _log.error(
            "message parked",
            extra=fields(
                reason=reason,
                parked=parked.name,
                message_id=message.message_id,
                event_id=message.attributes.get("event_id"),
            ),
        )

    def _tell(self, events: Sequence[Event], outcomes: dict[UUID, Outcome]) -> None:
        now = self._clock()
        ages = []
        became = {event_id: outcome.value for event_id, outcome in outcomes.items()}
        for event in events:
            if event.event_id in became:
                ages.append(now - event.created_at)
            outcome = became.pop(event.event_id, "repeated")
            self._metrics.event(event.command.event_velocity, outcome)
        self._metrics.batch(len(events), ages)
        _log.info(
            "batch projected",
            extra=fields(
                events=len(events),
                repeated=len(events) - len(outcomes),
                **Counter(outcome.value for outcome in outcomes.values()),
                newest_age_ms=min(ages) // 1000 if ages else None,
                oldest_age_ms=max(ages) // 1000 if ages else None,
                **_facts(*events),
            ),
        )


def _facts(*events: Event) -> dict[str, object]:
    if len(events) > 1:
        return {"event_ids": [str(event.event_id) for event in events]}
    (event,) = events
    return {
        "request_id": event.command.request_id,
        "event_id": str(event.event_id),
        "external_id": str(event.external_id),
        "event_velocity": event.command.event_velocity,
    }
