"""Folding stored events odds by odds, in memory that doesn't grow with them."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import msgspec

from odds import event_codec
from odds.adapters.event_reader import StoredEvent
from odds.event import Event, OddsKey
from odds.event_codec import UndecodableEvent
from odds.fold import Odds, Outcome, apply

KEPT_UNREADABLE = 100
"""How many are told by name; all are counted."""


class Step(NamedTuple):
    """An event, what became of it, and the odds as of it."""

    event: Event
    odds: Odds
    outcome: Outcome


class Unreadable(msgspec.Struct):
    """Events whose bytes this program can't read, and why."""

    count: int = 0
    told: list[str] = []

    def add(self, stored: StoredEvent, reason: str) -> None:
        self.count += 1
        if len(self.told) < KEPT_UNREADABLE:
            self.told.append(f"{stored.event_id}: {reason}")

    def extend(self, other: "Unreadable") -> None:
        self.count += other.count
        self.told = (self.told + other.told)[:KEPT_UNREADABLE]


def readable(stored: Iterable[StoredEvent], unreadable: Unreadable) -> Iterator[Event]:
    """Decode events, and set aside what can't be."""
    for each in stored:
        try:
            yield event_codec.decode(each.data).event
        except UndecodableEvent as error:
            unreadable.add(each, str(error))


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
