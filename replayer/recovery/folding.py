"""Folding stored events odds by odds, in memory that doesn't grow with them."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple
from uuid import UUID

import msgspec

from odds import event_codec
from odds.adapters.event_store.event_reader import StoredEvent, place_of
from odds.event import Event, OddsKey
from odds.event_codec import UndecodableEvent
from odds.fold import Odds, Outcome, apply

TOLD_UNREADABLE = 100


class Step(NamedTuple):
    """An event, what became of it, and the odds as of it."""

    event: Event
    odds: Odds
    outcome: Outcome


class Unreadable(msgspec.Struct):
    """Events whose bytes this program can't read, or are another event's, and why: each once,
    however often it is met."""

    reasons: dict[UUID, str] = {}

    @property
    def count(self) -> int:
        return len(self.reasons)

    @property
    def told(self) -> list[str]:
        """The first of them, in words."""
        some = islice(self.reasons.items(), TOLD_UNREADABLE)
        return [f"{event_id}: {reason}" for event_id, reason in some]

    def extend(self, other: "Unreadable") -> None:
        self.reasons.update(other.reasons)


def readable(stored: Iterable[StoredEvent], unreadable: Unreadable) -> Iterator[Event]:
    """Decode events, and set aside what can't be."""
    for each in stored:
        try:
            event = event_codec.decode(each.data).event
        except UndecodableEvent as error:
            unreadable.reasons[each.event_id] = str(error)
            continue
        if each.is_place_of(event):
            yield event
        else:
            # It would be loaded twice: it has a place of its own.
            another = f"stored as {each.place} are the bytes of {place_of(event)}"
            unreadable.reasons[each.event_id] = another


def histories(events: Iterable[Event]) -> Iterator[dict[OddsKey, list[Step]]]:
    """The steps of each ExternalID, whose events must come together.

    There is more than one odds key where a provider or a game that isn't theirs was named.
    """
    for _, of_one_id in groupby(events, _external_id):
        steps: dict[OddsKey, list[Step]] = {}
        for event in of_one_id:
            so_far = steps.setdefault(event.odds_key, [])
            before = so_far[-1].odds if so_far else Odds()
            so_far.append(Step(event, *apply(before, event)))
        yield steps


def _external_id(event: Event) -> UUID:
    return event.external_id
