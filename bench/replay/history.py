"""Events to replay: in-play histories of odds that change together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from odds import event_codec, identity
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import MAX_MUTATIONS, EventStore
from odds.command import CommandName, CommandRequest, Domain, EventVelocity, MoneyLine, Payload
from odds.event import Event, accept
from odds.event_codec import EncodedEvent

CHANGES = 50
"""Events of one odds."""
GAMES = 200
_PROVIDER = "bench"
_START = 1_790_000_000_000_000


def by_odds(number: int) -> Iterator[Event]:
    """Odds after odds, each made and then changed."""
    for odds in range(number // CHANGES):
        for change in range(CHANGES):
            yield _event(odds, change)


def by_time(number: int) -> Iterator[Event]:
    """The same events in the order of their times."""
    for change in range(CHANGES):
        for odds in range(number // CHANGES):
            yield _event(odds, change)


def store(datastore: Datastore, number: int) -> None:
    encoded = [EncodedEvent(event, event_codec.encode(event)) for event in by_odds(number)]
    batches = [encoded[at : at + MAX_MUTATIONS] for at in range(0, number, MAX_MUTATIONS)]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(EventStore(datastore).record, batches))


def _event(odds: int, change: int) -> Event:
    asked = CommandRequest(
        request_id=f"{odds}-{change}",
        provider=_PROVIDER,
        command=CommandName.UPDATE_ODDS if change else CommandName.NEW_ODDS,
        domain=Domain.ODDS,
        event_velocity=EventVelocity.HIGH,
        payload=Payload(
            game_id=f"soccer:{odds % GAMES}",
            money_line=MoneyLine(1.5 + change / 100, 2.5, 3.5),
        ),
    )
    made_by = identity.event_id(_PROVIDER, f"{odds}-0")
    now = _START + change * 1_000_000 + odds
    return accept(asked, identity.external_id(made_by), "soccer", now=now)
