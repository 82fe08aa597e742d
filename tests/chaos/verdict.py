"""What must be true whenever nothing is broken and nothing on its way."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, func, select

from local.settings import ROOT
from local.stack import Stack
from odds import event_codec
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_reader import EventReader, StoredEvent
from odds.adapters.read_model.tables import odds_event_log
from odds.event import Event
from odds.fold import Odds, fold
from replayer.recovery.parts import PARTS, Reading
from replayer.recovery.verify import Verify
from tests.chaos.providers import home_price
from tests.read_model import rows


class Verdict(NamedTuple):
    """``wrong`` says what is not as it must be."""

    accepted: int
    stored: int
    logged: int
    odds: int
    wrong: list[str]


def all_logged(engine: Engine, accepted: set[UUID]) -> bool:
    """Counts first, as it is asked again and again."""
    return _rows_of_log(engine) >= len(accepted) and accepted <= _logged(engine)


def judge(stack: Stack, engine: Engine, accepted: set[UUID]) -> Verdict:
    """Hold the event store, the log and the read model against what was accepted."""
    with _reader(stack) as reader:
        stored = list(reader.by_odds("", ""))
        verified = list(_verified(reader, stored, engine))
    events = [event_codec.decode(each.data).event for each in stored]
    ids = {event.event_id for event in events}
    logged, rows_of_log = _logged(engine), _rows_of_log(engine)
    held, expected = rows(engine), fold(events)[0]
    wrong = [
        *_differences("accepted but not in the event store", accepted - ids),
        *_differences("in the event store but never accepted", ids - accepted),
        *_differences("in the event store but not in the log", ids - logged),
        *_differences("in the log but not in the event store", logged - ids),
        *_differences("stored with another price than was sent", _mispriced(events)),
        *(["an event is in the event store twice"] if len(events) > len(ids) else []),
        *(["the log has an event twice"] if rows_of_log != len(logged) else []),
        *_differences("odds that differ from the fold", {*_unequal(held, expected)}),
        *verified,
    ]
    return Verdict(len(accepted), len(events), rows_of_log, len(held), wrong)


def verified_by_operator(stack: Stack) -> list[str]:
    """What ``make verify`` finds wrong, in a process of its own."""
    command = (sys.executable, "-m", "replayer", "verify", "--env", "local")
    found = subprocess.run(
        command, env=stack.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [f"verify: {found.stdout}{found.stderr}"] if found.returncode else []


class _ReadAlready(NamedTuple):
    """A source of all events in one part: emulators scan all of them for each part."""

    events: list[StoredEvent]
    parts_at_once: int = 1
    processes: int = 0

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        yield lambda part: iter(self.events if part == PARTS[0] else ())


def _verified(reader: EventReader, stored: list[StoredEvent], engine: Engine) -> Iterator[str]:
    """What ``replayer verify`` makes of it, in this process."""
    found = Verify(_ReadAlready(stored), reader, engine).run()
    if not found.clean:
        yield f"verify: {found.odds_differing} odds differ, such as {found.differences[0]}"
    if found.unreadable.count:
        yield f"verify: {found.unreadable.count} can't be read, such as {found.unreadable.told[0]}"


def _reader(stack: Stack) -> EventReader:
    client = datastore.connect(stack.environment["DATASTORE_EMULATOR_HOST"])
    store = Datastore(client, stack.environment["GOOGLE_CLOUD_PROJECT"], timeout=30)
    return EventReader(store, queries_at_once=1)


def _logged(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return set(connection.scalars(select(odds_event_log.c.event_id)))


def _rows_of_log(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(odds_event_log)) or 0


def _mispriced(events: Iterable[Event]) -> set[UUID]:
    prices = ((event, event.command.payload.money_line) for event in events)
    return {
        event.event_id
        for event, price in prices
        if price is not None and price.home != home_price(event.command.request_id)
    }


def _unequal(
    held: dict[tuple[UUID, str, str], Odds], expected: dict[tuple[UUID, str, str], Odds]
) -> set[object]:
    return {key for key in held.keys() | expected.keys() if held.get(key) != expected.get(key)}


def _differences(what: str, those: set[object] | set[UUID]) -> list[str]:
    return [f"{len(those)} {what}, such as {next(iter(those))}"] if those else []
