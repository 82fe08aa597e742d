"""Everything that comes after the read, from files, and the memory that it takes."""

import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.ground import Ground
from bench.replay.copying import Copy
from bench.replay.files import Files
from bench.replay.timed import rounds, told
from bench.replay.usage import Usage
from bench.replay.work import folding
from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file
from replayer.recovery.parts import for_each_part
from replayer.recovery.rebuild import Rebuild
from replayer.replay import Replay, ReplayRequest
from replayer.replays import Replays
from replayer.worker import Worker

NOTHING: Any = None
"""For what is never asked: what is in files needs no catching up, and a dry run no bus."""


def measure(made: Ground, size: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        files = Files(Path(directory))
        files.write(size)
        url = made.database_url()
        copy = Copy(url, Path(directory))
        loads = Watched(partial(rebuild, files, url))
        replays = Watched(partial(in_process_of_its_own, files))
        loads.run()
        copy.take()
        work: dict[str, Callable[[], object]] = {
            "decode, fold, COPY, index, swap": loads.run,
            "COPY of the same rows": copy.run,
            "decode and fold, 2 processes": partial(fold, files),
            "merge by time, route, 1 process": replays.run,
        }
        told(size, rounds(number, work))
        copy.close()
    print(f"{size:>9,}  decode, fold, COPY: {loads}")
    print(f"{size:>9,}  merge by time, route: {replays}", flush=True)


class Watched:
    """Work whose processes are watched: the most memory that one took in any round, and the
    least processor time that all took."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self.megabytes = 0
        self.seconds = float("inf")

    def run(self) -> None:
        with Usage() as usage:
            self._work()
        self.megabytes = max(self.megabytes, usage.megabytes)
        self.seconds = min(self.seconds, usage.seconds)

    def __str__(self) -> str:
        return f"{self.megabytes} MB in the largest process, {self.seconds:.1f} s of processors"


def rebuild(files: Files, url: str) -> None:
    Rebuild(files, NOTHING, url).run()


def fold(files: Files) -> None:
    for _ in for_each_part(partial(folding, files), files):
        pass


def in_process_of_its_own(files: Files) -> None:
    process = get_context("spawn").Process(target=replay, args=[files])
    process.start()
    process.join()
    assert process.exitcode == 0


def replay(files: Any) -> None:
    """All but the publishing."""
    request = ReplayRequest(source="local", target="local", end=10**18, dry_run=True)
    begun = Replay(replay_id="bench", request=request, created_at=clock.now())
    bus = event_bus_file.load(Path("event_bus.yaml"))
    Worker(begun, _Kept(), files, NOTHING, bus, clock=clock.now).run()


class _Kept(Replays):
    """Keeps the place of a replay nowhere."""

    def __init__(self) -> None:
        super().__init__(NOTHING, clock.now)

    def keep(self, replay: Replay) -> Replay:
        return replay

    def touch(self, replay: Replay) -> Replay:
        return replay
