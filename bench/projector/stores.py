"""The two stores without HTTP before them, beside COPY and beside eventsourcing."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple, TypeVar

from bench.cost import processor_seconds
from bench.events import ODDS, bodies, events
from bench.ground import Ground
from bench.projector.copying import Copying
from bench.projector.peer import Peer
from odds import event_codec
from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.telemetry.telemetry import Telemetry
from odds.adapters.telemetry.tracing import Tracing
from odds.event import Event
from odds.event_codec import EncodedEvent
from projector import envelope
from projector.batcher import MAX_BATCH, MAX_WAITING, Batcher
from projector.metrics import Metrics
from projector.parking import Parking
from projector.projector import Projector

COPY = f"COPY into both tables, {MAX_BATCH} events a transaction"
ONE_BY_ONE = 10
"""Of so many events one is given to what takes each in a transaction of its own."""

T = TypeVar("T")
Work = Callable[[], object]
Prepare = Callable[[list[Event], list[Event]], Work]


class Timed(NamedTuple):
    """``rate`` is in events per second, ``cost`` in µs of each process per event."""

    rate: float
    cost: dict[str, float]


class Stores:
    """Each method makes ready what one variant needs, and returns the work that is timed.

    ``in_play`` are changes of ``ODDS`` odds, ``new`` are as many events, each of odds of its own.
    """

    def __init__(self, ground: Ground, opened: ExitStack) -> None:
        url = ground.database_url()
        self._engine = postgres.create_engine(url, pool_size=2)
        self._read_model = ReadModel(self._engine)
        self._copying = Copying(self._engine)
        emulated = _datastore(ground.datastore_host())
        at_once = _datastore(ground.instant_datastore_host())
        self._store = EventStore(emulated)
        self._projector = self._projector_on(emulated)
        self._projector_at_once = self._projector_on(at_once)
        self._peer = Peer(ground.database_url())
        opened.callback(self._engine.dispose)
        opened.callback(self._peer.close)

    def copy(self, in_play: list[Event], new: list[Event]) -> Work:
        for batch in _batches(new):
            self._read_model.project(batch)
        tables = self._copying.newest_rows(len(new))
        self._copying.empty()
        chunks = [[*parts] for parts in zip(*(_batches(rows) for rows in tables), strict=True)]
        return _each(self._copying.write, chunks)

    def sql(self, in_play: list[Event], new: list[Event]) -> Work:
        return _each(self._read_model.project, _batches(in_play))

    def sql_new(self, in_play: list[Event], new: list[Event]) -> Work:
        return self.sql(new, new)

    def datastore(self, in_play: list[Event], new: list[Event]) -> Work:
        encoded = [EncodedEvent(each, event_codec.encode(each)) for each in in_play]
        return _each(self._store.record, _batches(encoded))

    def both(self, in_play: list[Event], new: list[Event]) -> Work:
        return _through(self._projector, in_play)

    def both_at_once(self, in_play: list[Event], new: list[Event]) -> Work:
        return _through(self._projector_at_once, in_play)

    def peer_one(self, in_play: list[Event], new: list[Event]) -> Work:
        stored = self._peer.stored(_some(in_play))
        return _each(lambda each: self._peer.append([each]), stored)

    def peer_many(self, in_play: list[Event], new: list[Event]) -> Work:
        stored = self._peer.stored(in_play)
        return _each(self._peer.append, _batches(stored))

    def peer_projection(self, in_play: list[Event], new: list[Event]) -> Work:
        self._peer.project()
        self.peer_many(_some(in_play), new)()
        return self._peer.project

    def _projector_on(self, entities: Datastore) -> Projector:
        metrics = Metrics(Telemetry("bench").meter())
        parking = Parking(ParkedMessages(entities), clock.now, metrics)
        return Projector(EventStore(entities), parking, self._read_model, clock.now, metrics)


def measure(ground: Ground, number: int, rounds: int) -> None:
    """Print a table; all variants take turns."""
    with ExitStack() as opened:
        stores = Stores(ground, opened)
        variants: dict[str, Prepare] = {
            COPY: stores.copy,
            f"SQL alone, changes of {ODDS} odds": stores.sql,
            "SQL alone, each event of new odds": stores.sql_new,
            f"Datastore alone ({ground.emulators} emulator)": stores.datastore,
            "both, as the projector overlaps them": stores.both,
            "both, with a Datastore that answers at once": stores.both_at_once,
            "eventsourcing: append, one a transaction": stores.peer_one,
            f"eventsourcing: append, {MAX_BATCH} a transaction": stores.peer_many,
            "eventsourcing: its ProjectionRunner": stores.peer_projection,
        }
        found: dict[str, list[Timed]] = {name: [] for name in variants}
        for _ in range(rounds + 1):
            for name, prepare in variants.items():
                one_by_one = prepare in (stores.peer_one, stores.peer_projection)
                work = prepare(events(number), _new(number))
                done = number // ONE_BY_ONE if one_by_one else number
                found[name].append(_time(ground, work, done))
    # The first round is the warm-up.
    _tell({name: timed[1:] for name, timed in found.items()})


def _time(ground: Ground, work: Work, count: int) -> Timed:
    # As a worker does once it has started: here the events to come are there already.
    gc.collect()
    gc.freeze()
    before, began = processor_seconds(ground), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - began, processor_seconds(ground)
    cost = {name: (after[name] - before[name]) / count * 1e6 for name in before}
    return Timed(count / seconds, cost)


def _tell(found: dict[str, list[Timed]]) -> None:
    processes = list(found[COPY][0].cost)
    head = ["", "events/s", "of COPY", *(f"{process} µs" for process in processes)]
    print("\n| " + " | ".join(head) + " |\n| --- |" + " ---: |" * (len(head) - 1))
    ceiling = median(timed.rate for timed in found[COPY])
    for name, rounds in found.items():
        rate = median(timed.rate for timed in rounds)
        costs = [median(timed.cost[process] for timed in rounds) for process in processes]
        cells = [name, f"{rate:,.0f}", f"{rate / ceiling:.0%}", *(f"{each:.1f}" for each in costs)]
        print("| " + " | ".join(cells) + " |")


def _through(projector: Projector, pushed: list[Event]) -> Work:
    pushed_bodies = bodies(pushed)
    return lambda: asyncio.run(_take_all(projector, pushed_bodies))


async def _take_all(projector: Projector, pushed: list[bytes]) -> None:
    """With as many messages in flight as may wait."""
    batcher = Batcher(projector.store, projector.project, Tracing(None))
    running = asyncio.create_task(batcher.run())
    rest = iter(pushed)

    async def push() -> None:
        for each in rest:
            await batcher.take(envelope.read(each))

    async with asyncio.TaskGroup() as pushers:
        for _ in range(MAX_WAITING):
            pushers.create_task(push())
    running.cancel()


def _some(of: list[Event]) -> list[Event]:
    return of[: len(of) // ONE_BY_ONE]


def _new(number: int) -> list[Event]:
    return [each for _ in range(0, number, ODDS) for each in events(ODDS)][:number]


def _each(do: Callable[[T], object], items: Iterable[T]) -> Work:
    def work() -> None:
        for each in items:
            do(each)

    return work


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), MAX_BATCH):
        yield items[start : start + MAX_BATCH]


def _datastore(host: str) -> Datastore:
    return Datastore(datastore.connect(host), "bench", timeout=30)
