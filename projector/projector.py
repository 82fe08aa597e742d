"""Projecting: each event goes to the event store, then to the read model."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

from odds import event_codec
from odds.adapters.event_store import EventStore
from odds.adapters.logs import fields
from odds.adapters.parked_messages import ParkedMessage, ParkedMessages
from odds.adapters.read_model import ReadModel
from odds.event import Event
from odds.event_codec import EncodedEvent, UndecodableEvent
from odds.fold import Outcome
from projector.envelope import Envelope

_log = logging.getLogger(__name__)


class Projector:
    """Takes messages of the bus; when ``take`` returns they may be acknowledged."""

    def __init__(
        self,
        store: EventStore,
        parked: ParkedMessages,
        read_model: ReadModel,
        clock: Callable[[], int],
    ) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._store = store
        self._parked = parked
        self._read_model = read_model
        self._clock = clock

    def take(self, envelopes: Sequence[Envelope]) -> None:
        """Store, then project (design, rule 4); park what can never be applied.

        Raises EventStoreUnavailable or ReadModelUnavailable: the messages must then come again.
        """
        came = [(envelope, encoded) for envelope in envelopes if (encoded := self._read(envelope))]
        stored = self._store.record([encoded for _, encoded in came])
        events = [
            stored[encoded.event.event_id].event
            for envelope, encoded in came
            if self._is_stored(envelope, encoded, stored)
        ]
        if events:
            _tell(events, self._read_model.project(events))

    def _read(self, envelope: Envelope) -> EncodedEvent | None:
        try:
            return event_codec.decode(envelope.message.data)
        except UndecodableEvent as error:
            self._park(envelope, str(error))
            return None

    def _is_stored(
        self, envelope: Envelope, encoded: EncodedEvent, stored: dict[UUID, EncodedEvent]
    ) -> bool:
        """Whether it is this command that is stored; another one under its EventID is parked."""
        event = encoded.event
        if event.says_the_same_as(stored[event.event_id].event):
            return True
        self._park(envelope, f"another command is stored under EventID {event.event_id}")
        return False

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
        _log.error(
            "message parked",
            extra=fields(reason=reason, parked=parked.name, message_id=message.message_id),
        )


def _tell(events: Sequence[Event], outcomes: dict[UUID, Outcome]) -> None:
    counts = Counter(outcome.value for outcome in outcomes.values())
    repeated = len(events) - len(outcomes)
    facts = _facts(events[0]) if len(events) == 1 else {}
    _log.info(
        "batch projected",
        extra=fields(events=len(events), repeated=repeated, **facts, **counts),
    )


def _facts(event: Event) -> dict[str, object]:
    return {
        "request_id": event.command.request_id,
        "event_id": str(event.event_id),
        "external_id": str(event.external_id),
        "event_velocity": event.command.event_velocity,
    }
