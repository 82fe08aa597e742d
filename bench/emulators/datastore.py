"""``python -m bench.emulators.datastore``: the table of bench/README.md, our store and Google's."""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from bench.emulators.server import Server, measured, running
from bench.replay import history
from local.emulators import embedded, google
from local.part import Part
from odds import event_codec
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_entity import KIND
from odds.adapters.event_store.event_reader import EventReader, place_of_time
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.ranges import Range
from odds.batches import batches
from odds.event_codec import EncodedEvent

BATCH = 150
"""Events a commit, as the projector's group commit makes them."""
WRITERS = 4
LOOKUPS = 500
QUERIES = 200


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.emulators.datastore")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[5_000, 20_000])
    arguments.add_argument("--only", choices=["ours", "google"])
    asked = arguments.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for size in asked.sizes:
        for name, make in (("ours", _ours), ("google", google.datastore_emulator)):
            if asked.only in (None, name):
                with running(make) as server:
                    _measure(name, server, size)


def _ours(port: int, data: Path) -> Part:
    return embedded.datastore_emulator(port, data, durable=True)


def _measure(name: str, server: Server, size: int) -> None:
    store = Datastore(datastore.connect(server.host), f"bench-{uuid4().hex[:8]}", timeout=120)
    events = [EncodedEvent(event, event_codec.encode(event)) for event in history.by_odds(size)]
    ids = [each.event.event_id for each in events]
    tell = partial(measured, f"{name:>6} {size:>7,}", server)
    tell("insert, 150 a commit, 4 at once", size, lambda: _insert(store, events))
    tell("insert, one a commit, one by one", 200, lambda: _one_by_one(store))
    tell("look up, one key", LOOKUPS, lambda: _look_up(store, ids))
    tell("look up, 500 keys", size, lambda: EventStore(store).find(ids))
    tell("history of one odds (50 events)", QUERIES, lambda: _histories(store, events))
    for at_once in (2, 16):
        what = f"all by time, {at_once} ranges at once"
        tell(what, size, partial(_by_time, store, at_once))


def _insert(store: Datastore, events: list[EncodedEvent]) -> None:
    commits = batches(events, most=BATCH, most_bytes=10**7)
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(EventStore(store).record, commits))


def _one_by_one(store: Datastore) -> None:
    for event in history.by_odds(200):
        EventStore(store).record([EncodedEvent(event, event_codec.encode(event))])


def _look_up(store: Datastore, ids: list[UUID]) -> None:
    for event_id in ids[:LOOKUPS]:
        assert EventStore(store).find([event_id])


def _histories(store: Datastore, events: list[EncodedEvent]) -> None:
    odds = [each.event.external_id for each in events[:: history.CHANGES]]
    for number in range(QUERIES):
        prefix = f"{odds[number % len(odds)]}|"
        page = store.query(Range(KIND, "StreamKey", prefix, prefix + "~"), limit=1000)
        assert len(page.entities) == history.CHANGES


def _by_time(store: Datastore, at_once: int) -> None:
    with EventReader(store, queries_at_once=at_once) as reader:
        for _ in reader.by_time("", place_of_time(10**18)):
            pass


if __name__ == "__main__":
    main()
