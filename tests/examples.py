"""Commands and events to test with."""

from typing import Any
from uuid import UUID, uuid4

from odds import event_codec
from odds.command import (
    CommandName,
    CommandRequest,
    Domain,
    EventVelocity,
    MoneyLine,
    Payload,
    UnixTime,
)
from odds.event import Event, accept
from odds.event_codec import EncodedEvent

NOW = 1_790_000_000_000_000
"""A time in microseconds."""

NEW, UPDATE, DELETE = CommandName
GAME = "soccer:epl-2026-ars-che"
PRICES = MoneyLine(1.9, 4.2, 3.5)


def command(
    name: CommandName = NEW,
    *,
    request_id: str | None = None,
    provider: str = "acme",
    game_id: str = GAME,
    money_line: MoneyLine | None = PRICES,
    occurred_at: int | None = None,
    velocity: EventVelocity = EventVelocity.MEDIUM,
    game_type: str | None = None,
) -> CommandRequest:
    """A valid command with a RequestID of its own."""
    return CommandRequest(
        request_id=request_id or str(uuid4()),
        provider=provider,
        command=name,
        domain=Domain.ODDS,
        event_velocity=velocity,
        payload=Payload(
            game_id=game_id,
            game_type=game_type,
            money_line=None if name is DELETE else money_line,
            occurred_at=None if occurred_at is None else UnixTime(occurred_at),
        ),
    )


def new(*, at: int = NOW, occurred_at: int | None = None, **fields: Any) -> Event:
    return accept(command(NEW, occurred_at=occurred_at, **fields), None, "soccer", now=at)


def update(
    odds: Event | UUID,
    *,
    at: int = NOW + 1,
    home: float = 2.0,
    occurred_at: int | None = None,
    **fields: Any,
) -> Event:
    prices = MoneyLine(home, 4.0, 3.0)
    asked = command(UPDATE, money_line=prices, occurred_at=occurred_at, **fields)
    return accept(asked, _external_id(odds), "soccer", now=at)


def delete(odds: Event | UUID, *, at: int = NOW + 2, **fields: Any) -> Event:
    return accept(command(DELETE, **fields), _external_id(odds), "soccer", now=at)


def encoded(event: Event) -> EncodedEvent:
    return EncodedEvent(event, event_codec.encode(event))


def _external_id(odds: Event | UUID) -> UUID:
    return odds.external_id if isinstance(odds, Event) else odds
