"""``python -m bench.replay [store] [memory]``: prints the tables of bench/README.md."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from heapq import merge
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from bench.ground import Ground, ground
from bench.replay.history import Files, store
from bench.replay.memory import Peak
from bench.replay.work import count, fold
from odds.adapters import clock, postgres, publisher
from odds.adapters.event_reader import place_of_time
from odds.event_bus import EventBus
from replayer.environments import Environment
from replayer.outlet import Outlet
from replayer.recovery.folding import Unreadable, readable
from replayer.recovery.parts import PARTS, Source, StoreSource, for_each_part
from replayer.recovery.rebuild import Rebuild
from replayer.recovery.rows import LOG_COLUMNS, ODDS_COLUMNS
from replayer.replay import Replay, ReplayRequest
from replayer.replays import Replays
from replayer.worker import Worker

SIZES = (5_000, 20_000, 50_000)
MEMORY = (100_000, 1_000_000)


def main(asked: list[str]) -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with ground() as made:
        if "store" in asked or not asked:
            for size in SIZES:
                _store(made, size)
        if "memory" in asked or not asked:
            for size in MEMORY:
                _memory(made, size)


def _store(made: Ground, size: int) -> None:
    here = Environment(
        project=f"bench-{uuid4().hex[:8]}",
        pubsub_emulator_host=made.pubsub_host(),
        datastore_emulator_host=made.datastore_host(),
        database_url=made.database_url(),
        queries_at_once=2,
        must_confirm=False,
    )
    store(here.datastore(), size)
    source = StoreSource(here)
    _told(size, "raw read of the store, all parts", _timed(lambda: _read_parts(source)))
    _told(size, "read by time, merged", _timed(lambda: _read_by_time(here)))
    _told(size, "replay through the bus", _timed(lambda: _replay(here)))
    _told(size, "rebuild", _timed(lambda: _rebuild(here, source)))


def _memory(made: Ground, size: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        files = Files(Path(directory))
        files.write(size)
        url = made.database_url()
        _told(size, "decode and merge by time, one process", _timed(lambda: _merge(files)))
        _told(size, "decode and fold, all processes", _timed(lambda: _fold(files)))
        with Peak() as peak:
            seconds = _timed(lambda: _rebuild_files(files, url))
        _told(size, "decode, fold, COPY, index, swap", seconds)
        print(f"{size:>9,}  largest process that loads: {peak.megabytes} MB", flush=True)
        _told(size, "COPY of the same rows alone", _copy_alone(url))


def _read_parts(source: Source) -> None:
    for _ in for_each_part(partial(count, source=source), at_once=source.parts_at_once):
        pass


def _read_by_time(here: Environment) -> None:
    with here.events() as events:
        for _ in events.by_time("", place_of_time(10**18)):
            pass


def _replay(here: Environment) -> None:
    bus = EventBus.load(Path("event_bus.yaml"))
    client = publisher.connect(here.pubsub_emulator_host)
    for topic in bus.topics():
        client.create_topic(name=here.topic_path + topic.name)
    request = ReplayRequest(source="local", target="local", end=10**18)
    replays = Replays(here.datastore(), clock.now)
    replays.add(Replay(replay_id="bench", request=request, created_at=clock.now()))
    outlet = Outlet(client, here.topic_path)
    with here.events() as events:
        replay = replays.take("bench", "bench")
        Worker(replay, replays, events, outlet, bus, clock=clock.now).run()
    outlet.close()


def _rebuild(here: Environment, source: Source) -> None:
    with here.events() as events:
        Rebuild(source, events, here.database_url).run()


def _merge(files: Files) -> None:
    in_time = (sorted(files.events(part)) for part in PARTS)
    for _ in readable(merge(*in_time), Unreadable()):
        pass


def _fold(files: Files) -> None:
    for _ in for_each_part(partial(fold, files=files), at_once=2):
        pass


def _rebuild_files(files: Files, url: str) -> None:
    nothing: Any = None  # Everything is in the files: there is nothing to catch up with.
    Rebuild(files, nothing, url).run()


def _copy_alone(url: str) -> float:
    """Seconds to COPY what is served, by as many connections as there are processes, into
    tables without indexes."""
    with tempfile.TemporaryDirectory() as directory:
        engine = postgres.create_engine(url, pool_size=2, timeout=600)
        tables = {"odds": ODDS_COLUMNS, "odds_event_log": LOG_COLUMNS}
        with engine.begin() as connection:
            for table, columns in tables.items():
                connection.execute(text(f"CREATE TABLE copy_{table} (LIKE {table})"))
                with (Path(directory) / table).open("wb") as file:
                    cursor = connection.connection.cursor()
                    cursor.execute(f"COPY {table} ({columns}) TO STDOUT", stream=file)  # type: ignore[call-arg]
        began = time.monotonic()
        with engine.begin() as connection:
            for table, columns in tables.items():
                with (Path(directory) / table).open("rb") as file:
                    cursor = connection.connection.cursor()
                    copy = f"COPY copy_{table} ({columns}) FROM STDIN"
                    chunks = iter(partial(file.read, 1 << 20), b"")
                    cursor.execute(copy, stream=chunks)  # type: ignore[call-arg]
        engine.dispose()
        return time.monotonic() - began


def _timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _told(size: int, what: str, seconds: float) -> None:
    print(f"{size:>9,}  {what:<40} {seconds:7.2f} s  {size / seconds:>9,.0f} events/s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
