"""The event store in parts that can be read by themselves, shared out among processes."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Protocol, TypeVar

from odds.adapters.event_reader import StoredEvent
from replayer.environments import Environment
from replayer.parent import end_with

PARTS = tuple("0123456789abcdef")
"""First digits of ExternalIDs, which are evenly spread: all events of an odds are in one part."""

T = TypeVar("T")


class Source(Protocol):
    """Where the events of a part come from; it is sent to other processes."""

    def events(self, part: str) -> Iterator[StoredEvent]:
        """All events of one odds together, in the order of (CreatedAt, EventID)."""

    @property
    def parts_at_once(self) -> int:
        """How many parts it is best to read together."""


class StoreSource:
    """The event store of an environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @property
    def parts_at_once(self) -> int:
        return self._environment.queries_at_once

    def events(self, part: str) -> Iterator[StoredEvent]:
        """Raises EventStoreUnavailable."""
        with self._environment.events() as reader:
            yield from reader.by_odds(part, part)


def for_each_part(
    work: Callable[[str], T], *, at_once: int, processes: int | None = None
) -> Iterator[T]:
    """What ``work`` makes of each part, as it comes. Raises what ``work`` raises.

    ``work`` runs in other processes, on several threads of each where more parts are to be read
    at once than there are processors.
    """
    count = min(processes or os.cpu_count() or 1, len(PARTS))
    threads = max(at_once // count, 1)
    # One that is forked would share our connections; one that outlives us would wait for ever.
    pool = ProcessPoolExecutor(
        count, get_context("spawn"), initializer=end_with, initargs=(os.getpid(),)
    )
    try:
        lots = [PARTS[start :: count * 2] for start in range(count * 2)]
        for done in as_completed([pool.submit(_on_threads, work, lot, threads) for lot in lots]):
            yield from done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_threads(work: Callable[[str], T], parts: tuple[str, ...], threads: int) -> list[T]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
