"""Projecting a batch: each event goes to the event store, then to the read model."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from odds import event_codec
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.read_model.read_model import BatchRefused, ReadModel, ReadModelUnavailable
from odds.adapters.telemetry.logs import fields
from odds.event import Event
from odds.event_codec import EncodedEvent, UndecodableEvent
from odds.fold import Outcome
from projector.envelope import Envelope
from projector.metrics import DATASTORE, POSTGRESQL, Metrics
from projector.parking import Parking, Refused

_log = logging.getLogger(__name__)


class Taken(NamedTuple):
    """A message, and its event as it is stored."""

    envelope: Envelope
    event: Event


class Projector:
    """Stores and projects messages of the bus; after both they may be acknowledged."""

    def __init__(
        self,
        store: EventStore,
        parking: Parking,
        read_model: ReadModel,
        clock: Callable[[], int],
        metrics: Metrics,
    ) -> None:
        """``clock`` tells the microseconds since the epoch."""
        self._store = store
        self._parking = parking
        self._read_model = read_model
        self._clock = clock
        self._metrics = metrics

    def store(self, envelopes: Sequence[Envelope]) -> list[Taken | Exception | None]:
        """What is to be projected of each message: nothing of one that was parked, and one that
        failed alone must come again.

        What can't be decoded is parked, and so is a command under the EventID of another one
        (design, rules 4 and 5). Raises EventStoreUnavailable: all must then come again.
        """
        read = [_read(envelope) for envelope in envelopes]
        events = [each for each in read if isinstance(each, EncodedEvent)]
        with self._metrics.timing(DATASTORE):
            stored = self._store.record(events) if events else {}
        judged = [
            each if isinstance(each, Refused) else _judged(envelope, each.event, stored)
            for envelope, each in zip(envelopes, read, strict=True)
        ]
        parked = iter(self._parking.park([each for each in judged if isinstance(each, Refused)]))
        return [next(parked) if isinstance(each, Refused) else each for each in judged]

    def project(
        self, taken: Sequence[Taken], traceparents: Mapping[UUID, str]
    ) -> list[Exception | None]:
        """What failed each message, if anything did: one bad event never fails its neighbours.

        One that PostgreSQL can't hold is parked: it is in the event store, and nothing that comes
        after it waits. Raises ReadModelUnavailable where nothing was written: all must then come
        again, and else those that were not written.
        """
        fates: list[Exception | None] = []
        parts = [taken]
        while parts:
            part = parts.pop()
            try:
                self._project(part, traceparents)
            except BatchRefused as refusal:
                if len(part) == 1:
                    fates += self._parking.park([Refused(part[0].envelope, str(refusal))])
                else:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
            except ReadModelUnavailable as error:
                if not fates:
                    raise
                return fates + [error] * (len(taken) - len(fates))
            else:
                fates += [None] * len(part)
        return fates

    def _project(self, taken: Sequence[Taken], traceparents: Mapping[UUID, str]) -> None:
        events = [each.event for each in taken]
        with self._metrics.timing(POSTGRESQL):
            outcomes = self._read_model.project(events, traceparents)
        self._tell(events, outcomes)

    def _tell(self, events: Sequence[Event], outcomes: dict[UUID, Outcome]) -> None:
        now = self._clock()
        ages = []
        counts: Counter[tuple[str | None, str]] = Counter()
        became = {event_id: outcome.value for event_id, outcome in outcomes.items()}
        for event in events:
            if event.event_id in became:
                ages.append(now - event.created_at)
            outcome = became.pop(event.event_id, "repeated")
            counts[event.command.event_velocity, outcome] += 1
        self._metrics.events(counts)
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


def _read(envelope: Envelope) -> EncodedEvent | Refused:
    try:
        return event_codec.decode(envelope.message.data)
    except UndecodableEvent as error:
        return Refused(envelope, str(error))


def _judged(
    envelope: Envelope, event: Event, stored: Mapping[UUID, EncodedEvent | None]
) -> Taken | Refused:
    kept = stored[event.event_id]
    if kept is None:
        reason = f"what is stored under EventID {event.event_id} can't be read"
    elif kept.event.says_the_same_as(event):
        return Taken(envelope, kept.event)
    else:
        reason = f"another command is stored under EventID {event.event_id}"
    return Refused(envelope, reason)


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
