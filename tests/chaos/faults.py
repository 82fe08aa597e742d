"""What breaks, one thing at a time, and is mended again."""

import time
from collections.abc import Callable
from random import Random

from sqlalchemy import Engine, text

from local.stack import Stack
from tests.chaos.unruly_bus import UnrulyBus

AWAY_AT_MOST = 2.0
"""Seconds."""

Fault = Callable[[], None]


def faults(stack: Stack, bus: UnrulyBus, engine: Engine, random: Random) -> dict[str, Fault]:
    """By name; each returns once all is well again."""

    def kill(part: str) -> None:
        stack.kill_part(part)
        time.sleep(random.random() * AWAY_AT_MOST)
        stack.start_part(part)

    def stop_datastore() -> None:
        # SIGTERM: killed, the emulator loses what the service never would.
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
        time.sleep(random.random() * 2 * AWAY_AT_MOST)
        bus.unruly = False

    return {
        "projector killed": lambda: kill("projector"),
        "PostgreSQL killed": lambda: kill("postgres"),
        "command_api killed": lambda: kill("command_api"),
        "Datastore stopped": stop_datastore,
        "connections cut": cut_connections,
        "pushes repeated, delayed and cut": unruly_pushes,
    }
