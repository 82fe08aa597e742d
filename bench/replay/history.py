"""Events to replay: in-play histories, stored or kept in files as a store gives them."""

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from odds import event_codec
from odds.adapters.datastore import Datastore
from odds.adapters.event_reader import StoredEvent
from odds.adapters.event_store import MAX_MUTATIONS, EventStore
from odds.command import CommandName, CommandRequest, Domain, EventVelocity, MoneyLine, Payload
from odds.event import Event, accept
from odds.event_codec import EncodedEvent
from replayer.recovery.parts import PARTS

CHANGES = 50
"""Events of one odds."""
GAMES = 200
_START = 1_790_000_000_000_000
_LENGTH = struct.Struct("!H")


def events(number: int) -> Iterator[Event]:
    """Odds after odds, each made and then changed; in time they overlap."""
    salt = uuid4().hex[:8]
    for odds in range(number // CHANGES):
        created: Event | None = None
        for change in range(CHANGES):
            asked = CommandRequest(
                request_id=f"{salt}-{odds}-{change}",
                provider="bench",
                command=CommandName.UPDATE_ODDS if created else CommandName.NEW_ODDS,
                domain=Domain.ODDS,
                event_velocity=EventVelocity.HIGH,
                payload=Payload(
                    game_id=f"soccer:{salt}-{odds % GAMES}",
                    money_line=MoneyLine(1.5 + change / 100, 2.5, 3.5),
                ),
            )
            now = _START + change * 1_000_000 + odds
            event = accept(asked, created.external_id if created else None, "soccer", now=now)
            created = created or event
            yield event


def store(datastore: Datastore, number: int) -> None:
    encoded = [EncodedEvent(event, event_codec.encode(event)) for event in events(number)]
    batches = [encoded[at : at + MAX_MUTATIONS] for at in range(0, number, MAX_MUTATIONS)]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(EventStore(datastore).record, batches))


class Files(NamedTuple):
    """A source of events that costs next to nothing to read: one file for each part."""

    directory: Path
    parts_at_once: int = 2

    def write(self, number: int) -> None:
        files = {part: (self.directory / part).open("wb") for part in PARTS}
        for event in events(number):
            data = event_codec.encode(event)
            place = f"{event.created_at:020}|{event.event_id}".encode()
            file = files[str(event.external_id)[0]]
            file.write(_LENGTH.pack(len(data)) + place + data)
        for file in files.values():
            file.close()

    def events(self, part: str) -> Iterator[StoredEvent]:
        data = (self.directory / part).read_bytes()
        at, place = 0, len(f"{0:020}|") + 36
        while at < len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            end = at + place + length
            yield StoredEvent(data[at : at + place].decode(), data[at + place : end])
            at = end
