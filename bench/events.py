"""Events to measure with: in-play prices of some hundred odds."""

import base64
from collections.abc import Iterator
from itertools import count, islice
from uuid import uuid4

import msgspec

from bench.load import Request
from odds import event_codec
from odds.adapters import clock
from odds.command import CommandName, CommandRequest, Domain, EventVelocity, MoneyLine, Payload
from odds.event import Event, accept

ODDS = 200


def events(number: int) -> list[Event]:
    """A NewOdds for each of ``ODDS`` odds, then changes of all of them in turn."""
    return list(islice(events_from_now_on(), number))


def events_from_now_on() -> Iterator[Event]:
    """The same without end, each accepted at the moment that it is asked for."""
    salt = uuid4().hex
    created = []
    for n in range(ODDS):
        created.append(_event("NewOdds", f"{salt}-{n}", f"soccer:{salt}-{n}", None))
        yield created[-1]
    for n in count(ODDS):
        yield _event("UpdateOdds", f"{salt}-{n}", f"soccer:{salt}-{n % ODDS}", created[n % ODDS])


def pushes(of: list[Event]) -> list[Request]:
    """The events as Pub/Sub would push them."""
    return [Request("POST", "/push", _envelope(event)) for event in of]


def _event(name: str, request_id: str, game_id: str, odds: Event | None) -> Event:
    number = int(request_id.rpartition("-")[2])
    asked = CommandRequest(
        request_id=request_id,
        provider="bench",
        command=CommandName(name),
        domain=Domain.ODDS,
        event_velocity=EventVelocity.HIGH,
        payload=Payload(game_id=game_id, money_line=MoneyLine(1.5 + number % 100 / 100, 2.5, 3.5)),
    )
    now = clock.now()
    about = None if odds is None else odds.external_id
    return accept(asked, about, "soccer", now=now)


def bodies(of: list[Event]) -> list[bytes]:
    """The bodies of the same pushes."""
    return [_envelope(event) for event in of]


def _envelope(event: Event) -> bytes:
    message = {
        "data": base64.b64encode(event_codec.encode(event)).decode(),
        "attributes": event_codec.attributes(event),
        "messageId": str(event.event_id.int % 10**16),
        "publishTime": "2026-11-23T00:00:00.000Z",
        "orderingKey": event.command.payload.game_id,
    }
    return msgspec.json.encode({"message": message, "subscription": "projects/p/subscriptions/s"})
