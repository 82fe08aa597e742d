"""One stream, very many readers: ours beside its peers, at more and more changes a second.

    python -m bench.fanout [--readers 100 1000 5000] [--seconds 2] [--only NAME ...]
    python -m bench.fanout --idle

Each server has one core, and the readers and what publishes share the other. The rate quadruples
until readers are no longer given all that was published, and half of the rate at which they were
not is tried as well; ages are told at half of what was reached. All of it takes some ten minutes.

With ``--idle`` changes are committed one by one, and ages count from the commit to one reader.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil

from bench.fanout.crowd import SAMPLED
from bench.fanout.idle import EVERY, idle
from bench.fanout.odds import changes
from bench.fanout.peers import Ariadne, Nchan, Ours, OursOverPostgres, Peer, Yoga
from bench.fanout.running import serving

PEERS: tuple[type[Peer], ...] = (Ariadne, Yoga, Nchan, Ours, OursOverPostgres)
TICK = 0.01
"""Seconds between two batches of changes: what comes in one may go out in one write."""

BATCH = 500
"""Changes that are made known at once, where a server takes so long that they gather."""

SLOWEST, FASTEST = 10, 20_000
"""Changes per second."""

GIVEN, HELD = 0.97, 0.9
"""The parts of what was published that have to be there at the end, and of the rate to be held."""


class Stretch(NamedTuple):
    """What came in some seconds at one rate; ages in milliseconds, memory in MB."""

    rate: float
    delivered: float
    given: float
    p50: float
    p99: float
    cpu: float
    memory: float


class Server:
    """A running server, its cost, and the readers that hang on it."""

    def __init__(self, peer: Peer, pid: int, crowd: "subprocess.Popen[str]", readers: int) -> None:
        self._peer = peer
        self._process = psutil.Process(pid)
        self._crowd = crowd
        self._readers = readers

    def stretch(self, rate: float, seconds: float) -> Stretch:
        cpu, began = self._cpu(), time.perf_counter()
        published = self._publish(rate, seconds)
        publishing = time.perf_counter() - began
        time.sleep(0.3)
        took = time.perf_counter() - began
        told = self._told()
        delivered = told["messages"] / took
        return Stretch(
            rate=published / publishing,
            delivered=delivered,
            given=told["messages"] / (max(published, 1) * self._readers),
            p50=told.get("p50", 0.0),
            p99=told.get("p99", 0.0),
            cpu=(self._cpu() - cpu) / max(told["messages"], 1) * 1e6,
            memory=sum(each.memory_info().rss for each in self._all()) / 1e6,
        )

    def settle(self) -> None:
        """Wait until what the last stretch left has gone out."""
        while True:
            time.sleep(0.5)
            if not self._told()["messages"]:
                return

    def _publish(self, rate: float, seconds: float) -> int:
        """At an even pace."""
        published, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            if due := min(int(rate * passed) - published, BATCH):
                self._peer.publish(changes(due))
                published += due
            time.sleep(TICK)
        return published

    def _told(self) -> dict[str, Any]:
        assert self._crowd.stdin is not None
        assert self._crowd.stdout is not None
        self._crowd.stdin.write("\n")
        self._crowd.stdin.flush()
        told: dict[str, Any] = json.loads(self._crowd.stdout.readline())
        return told

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _cpu(self) -> float:
        return sum(sum(each.cpu_times()[:2]) for each in self._all())


@contextmanager
def running(peer: Peer, readers: int) -> Iterator[Server]:
    with (
        serving(peer) as server,
        _crowd(server.address, readers, peer.request()) as crowd,
    ):
        yield Server(peer, server.pid, crowd, readers)


@contextmanager
def _crowd(address: str, readers: int, request: bytes) -> Iterator["subprocess.Popen[str]"]:
    place = urlsplit(address)
    command = (sys.executable, "-m", "bench.fanout.crowd", place.hostname or "", str(place.port))
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen((*command, str(readers)), **pipes) as crowd:
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        crowd.stdin.write(request.hex() + "\n")
        crowd.stdin.flush()
        if crowd.stdout.readline() != "ready\n":
            raise SystemExit("the readers were not let in")
        yield crowd
        crowd.stdin.close()


def measured(peer: Peer, readers: int, seconds: float) -> tuple[Stretch, Stretch]:
    """The stretch that delivered most, and one at half its rate."""
    with running(peer, readers) as server:
        server.stretch(SLOWEST, 1)
        stretches = list(_faster_and_faster(server, seconds))
        for found in stretches:
            print(f"  {peer.name}, {readers} readers: {found}", file=sys.stderr, flush=True)
        best = max(stretches, key=lambda found: found.delivered)
        server.settle()
        return best, server.stretch(best.rate / 2, seconds)


def _faster_and_faster(server: Server, seconds: float) -> Iterator[Stretch]:
    rate = SLOWEST
    while rate <= FASTEST:
        found = server.stretch(rate, seconds)
        yield found
        if found.given < GIVEN or found.rate < HELD * rate:
            server.settle()
            yield server.stretch(rate / 2, seconds)
            return
        rate *= 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--idle", type=int, nargs="?", const=400, metavar="COMMITS")
    given = parser.parse_args()
    if given.idle:
        _tell_idle(idle(given.idle))
        return
    print(f"Ages are of {SAMPLED}.\n")
    print("| readers | | messages/s | server µs each | at half: p50 ms | p99 ms | memory MB |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for readers in given.readers:
        for make in PEERS:
            peer = make()
            if given.only and peer.name not in given.only:
                continue
            best, half = measured(peer, readers, given.seconds)
            print(
                f"| {readers:,} | {peer.name} | {best.delivered:,.0f} | {best.cpu:.1f} |"
                f" {half.p50:.1f} | {half.p99:.1f} | {best.memory:.0f} |",
                flush=True,
            )


def _tell_idle(ages: Sequence[float]) -> None:
    p50, p99 = (ages[int((len(ages) - 1) * part)] for part in (0.5, 0.99))
    print(f"{len(ages)} commits, one every {EVERY * 1e3:.0f} ms, from commit to receipt:")
    print(f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {ages[-1]:.2f} ms")


if __name__ == "__main__":
    main()
