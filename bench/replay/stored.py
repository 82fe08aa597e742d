"""Events in the Datastore emulator: reading them, replaying them, rebuilding from them."""

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from uuid import uuid4

from bench.ground import Ground
from bench.replay import history
from bench.replay.copying import Copy
from bench.replay.timed import of_limit, rounds, told
from bench.replay.work import counting
from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file, publisher
from odds.adapters.event_store.event_reader import place_of_time
from replayer.environments import Environment
from replayer.outlet import Outlet
from replayer.recovery.parts import StoreSource, for_each_part
from replayer.recovery.rebuild import Rebuild
from replayer.replay import Replay, ReplayRequest
from replayer.replays import Replays
from replayer.worker import Worker

END = 10**18


def measure(made: Ground, sizes: Iterable[int], number: int) -> None:
    pubsub, datastore = made.pubsub_host(), made.datastore_host()
    for size in sizes:
        here = Environment(
            project=f"bench-{uuid4().hex[:8]}",
            pubsub_emulator_host=pubsub,
            datastore_emulator_host=datastore,
            database_url=made.database_url(),
            queries_at_once=2,
            must_confirm=False,
        )
        _measure(here, size, number)


def _measure(here: Environment, size: int, number: int) -> None:
    history.store(here.datastore(), size)
    replaying = _Replaying(here)
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(here.database_url, Path(directory))
        rebuild(here)
        copy.take()
        seconds = rounds(
            number,
            {
                "raw read, all parts": partial(raw_read, here),
                "rebuild": partial(rebuild, here),
                "COPY of the same rows": copy.run,
                "read by time, merged": partial(read_by_time, here),
                "replay through the bus": replaying.run,
            },
        )
        copy.close()
    told(size, seconds)
    part = of_limit(seconds, "rebuild", "raw read, all parts", "COPY of the same rows")
    print(f"{size:>9,}  rebuild, of the slower limit: {part:.0%}", flush=True)


def raw_read(here: Environment) -> None:
    source = StoreSource(here)
    for _ in for_each_part(partial(counting, source), source):
        pass


def rebuild(here: Environment) -> None:
    with here.events() as events:
        Rebuild(StoreSource(here), events, here.database_url).run()


def read_by_time(here: Environment) -> None:
    with here.events() as events:
        for _ in events.by_time("", place_of_time(END)):
            pass


class _Replaying:
    """Replays of everything, to topics that nobody listens to."""

    def __init__(self, here: Environment) -> None:
        self._here = here
        self._bus = event_bus_file.load(Path("event_bus.yaml"))
        self._client = publisher.connect(here.pubsub_emulator_host)
        for topic in self._bus.topics():
            self._client.create_topic(name=here.topic_path + topic.name)

    def run(self) -> None:
        request = ReplayRequest(source="local", target="local", end=END)
        replay = Replay(replay_id=uuid4().hex, request=request, created_at=clock.now())
        replays = Replays(self._here.datastore(), clock.now)
        replays.add(replay)
        outlet = Outlet(self._client, self._here.topic_path)
        with self._here.events() as events:
            taken = replays.take(replay.replay_id, "bench")
            Worker(taken, replays, events, outlet, self._bus, clock=clock.now).run()
        outlet.close()
