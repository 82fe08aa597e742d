"""The event store in parts that can be read by themselves, shared out among processes."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from typing import Protocol, TypeVar

from odds.adapters.event_store.event_reader import StoredEvent
from replayer.environments import Environment
from replayer.parent import end_with

PARTS = tuple("0123456789abcdef")
"""First digits of ExternalIDs, which are evenly spread: all events of an odds are in one part."""
QUERIES_OF_A_PROCESS = 4
"""So many queries of the service at once bring about as much as one process can take."""

T = TypeVar("T")

Reading = Callable[[str], Iterator[StoredEvent]]
"""The events of a part, all those of one odds together, in the order of (CreatedAt, EventID)."""
Opening = Callable[[], AbstractContextManager[Callable[[str], T]]]
"""Opens what is to be done with a part: once in each process, which it is sent to."""


class Source(Protocol):
    """Where the events of a part come from; it is sent to other processes."""

    def opened(self) -> AbstractContextManager[Reading]: ...

    @property
    def parts_at_once(self) -> int:
        """How many parts it is best to read together."""

    @property
    def processes(self) -> int:
        """How many processes it takes to keep up with it; 0: this one does."""


class StoreSource:
    """The event store of an environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @property
    def parts_at_once(self) -> int:
        return self._environment.queries_at_once

    @property
    def processes(self) -> int:
        """An emulator is slower than one process, which leaves it the other processors."""
        return min(self.parts_at_once // QUERIES_OF_A_PROCESS, os.cpu_count() or 1)

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        """Reading raises EventStoreUnavailable."""
        with self._environment.events() as reader:
            yield lambda part: reader.by_odds(part, part)


def for_each_part(opening: Opening[T], source: Source) -> Iterator[T]:
    """What is made of each part, as it comes. Raises what making it raises."""
    if source.processes == 0:
        return _in_this_process(opening, source.parts_at_once)
    return _in_processes(opening, source.processes, source.parts_at_once)


def _in_this_process(opening: Opening[T], at_once: int) -> Iterator[T]:
    with opening() as work, ThreadPoolExecutor(at_once) as pool:
        try:
            for done in as_completed([pool.submit(work, part) for part in PARTS]):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_processes(opening: Opening[T], processes: int, at_once: int) -> Iterator[T]:
    # One that is forked would share our connections; one that outlives us would wait for ever.
    pool = ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=end_with, initargs=(os.getpid(),)
    )
    threads = max(at_once // processes, 1)
    try:
        lots = [PARTS[start :: processes * 2] for start in range(processes * 2)]
        begun = [pool.submit(_on_threads, opening, lot, threads) for lot in lots]
        for done in as_completed(begun):
            yield from done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_threads(opening: Opening[T], parts: tuple[str, ...], threads: int) -> list[T]:
    with opening() as work, ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
