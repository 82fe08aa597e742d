"""What breaks, one thing at a time, and is mended again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

from sqlalchemy import Engine, text

from local.services import PROJECTOR
from local.stack import Stack
from tests.chaos import dying_projector
from tests.chaos.dying_projector import MOMENTS
from tests.chaos.unruly_bus import UnrulyBus
from tests.waiting import wait_for

AWAY_AT_MOST = 2.0
"""Seconds."""
DIES_WITHIN = 20
"""Batches."""
DEAD_WITHIN = 120.0
"""Seconds in which it will have had so many, however busy the machine is."""

COMMITTED_WITHIN = 1.0
"""Seconds in which Datastore has what was on its way to it."""

Fault = Callable[[], None]


def faults(stack: Stack, bus: UnrulyBus, engine: Engine, random: Random) -> dict[str, Fault]:
    """By name; each returns once all is well again."""

    def kill(part: str) -> None:
        stack.kill_part(part)
        time.sleep(random.random() * AWAY_AT_MOST)
        stack.start_part(part)

    def kill_projector_at(moment: str) -> None:
        port = int(stack.environment["PROJECTOR_PORT"])
        dying = dying_projector.dying_projector(port)
        told = dying_projector.environment(moment, batches=random.randint(1, DIES_WITHIN))
        stack.kill_part(PROJECTOR)
        stack.processes.start(dying, stack.environment | told)
        wait_for(lambda: stack.processes.named(PROJECTOR) is None, seconds=DEAD_WITHIN)
        stack.start_part(PROJECTOR)

    def stop_datastore() -> None:
        with _suspended(stack, PROJECTOR):
            stack.stop_part("datastore-emulator")
        time.sleep(random.random() * AWAY_AT_MOST)
        stack.start_part("datastore-emulator")

    def cut_connections() -> None:
        backends = "FROM pg_stat_activity WHERE datname = current_database()"
        with engine.connect() as connection:
            cut = f"SELECT pg_terminate_backend(pid) {backends} AND pid <> pg_backend_pid()"
            connection.execute(text(cut))

    def unruly_pushes() -> None:
        bus.unruly = True
        time.sleep((1 + random.random()) * AWAY_AT_MOST)
        bus.unruly = False

    return {
        "projector killed": lambda: kill(PROJECTOR),
        **{f"projector killed {moment}": partial(kill_projector_at, moment) for moment in MOMENTS},
        "PostgreSQL killed": lambda: kill("postgres"),
        "command_api killed": lambda: kill("command_api"),
        "Datastore stopped": stop_datastore,
        "connections cut": cut_connections,
        "pushes repeated, delayed and cut": unruly_pushes,
    }


@contextmanager
def _suspended(stack: Stack, part: str) -> Iterator[None]:
    """Google's Datastore emulator loses what the service never would where it is killed, and where
    it is told to end while it commits: then it fails to write to disk."""
    process = stack.processes.named(part)
    family = process.family() if process else []
    for each in family:
        each.suspend()
    try:
        time.sleep(COMMITTED_WITHIN)
        yield
    finally:
        for each in family:
            each.resume()
