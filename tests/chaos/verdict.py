"""What must be true after any bad day."""

import subprocess
import sys
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, func, select

from local.settings import ROOT
from local.stack import Stack
from odds import event_codec
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_reader import EventReader
from odds.adapters.read_model.tables import odds_event_log
from odds.event import Event
from odds.fold import Odds, fold
from tests.chaos.providers import home_price
from tests.read_model import rows


class Verdict(NamedTuple):
    """``wrong`` says what is not as it must be."""

    accepted: int
    stored: int
    logged: int
    odds: int
    wrong: list[str]


def logged(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return set(connection.scalars(select(odds_event_log.c.event_id)))


def judge(stack: Stack, engine: Engine, accepted: set[UUID]) -> Verdict:
    """Hold the event store, the log and the read model against what was accepted."""
    events = stored_events(stack)
    ids = [event.event_id for event in events]
    with engine.connect() as connection:
        rows_of_log = connection.scalar(select(func.count()).select_from(odds_event_log))
    held, expected = rows(engine), fold(events)[0]
    wrong = [
        *_differences("accepted but not in the event store", accepted - set(ids)),
        *_differences("in the event store but never accepted", set(ids) - accepted),
        *_differences("in the event store but not in the log", set(ids) - logged(engine)),
        *_differences("stored with another price than was sent", _mispriced(events)),
        *(["an event is in the event store twice"] if len(ids) > len(set(ids)) else []),
        *(["the log has an event twice"] if rows_of_log != len(logged(engine)) else []),
        *_differences("odds that differ from the fold", {*_unequal(held, expected)}),
        *_verified(stack),
    ]
    return Verdict(len(accepted), len(ids), rows_of_log or 0, len(held), wrong)


def _verified(stack: Stack) -> list[str]:
    """What ``make verify`` finds, as an operator would see it."""
    command = (sys.executable, "-m", "replayer", "verify", "--env", "local")
    found = subprocess.run(
        command, env=stack.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [f"verify: {found.stdout}{found.stderr}"] if found.returncode else []


def stored_events(stack: Stack) -> list[Event]:
    client = datastore.connect(stack.environment["DATASTORE_EMULATOR_HOST"])
    store = Datastore(client, stack.environment["GOOGLE_CLOUD_PROJECT"], timeout=30)
    with EventReader(store, queries_at_once=1) as reader:
        return [event_codec.decode(each.data).event for each in reader.by_time("", "~")]


def _mispriced(events: list[Event]) -> set[UUID]:
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
