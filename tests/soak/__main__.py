"""``python -m tests.soak``: a thousand readers, two query services, one restarted every minute.

Every reader that keeps up sees every change once and in order, over restarts and reconnects; those
that don't are conflated and never go back; and the service that is not restarted keeps its size.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any, NamedTuple

from local.foreground import stopped_by_signals
from tests.soak.ground import Ground, ground
from tests.soak.market import Market

TICKS = 20
"""Batches a second, as a projector would make them."""


def main() -> int:
    given = _arguments()
    with stopped_by_signals(), ground() as services:
        market = Market(services.database_url)
        with _readers(given, services.ports) as readers:
            found = _run(market, services, given)
            counts = json.loads(readers.communicate(f"{market.number}\n")[0])
        market.close()
    # A reader is conflated once it is further behind than what a service remembers.
    conflates = given.slow > 0 and given.minutes >= 2
    return _judge(market.number, found, counts, conflates=conflates)


class Found(NamedTuple):
    """Of the run: the sizes (MB) of the steady service, and how often the other was restarted."""

    sizes: Sequence[float]
    restarts: int
    failed: int


def _run(market: Market, services: Ground, given: argparse.Namespace) -> Found:
    """Publish at the rate, restart when it is time: first at once, when hardly a reader has got a
    change."""
    sizes: list[float] = []
    restarts: list[Thread] = []
    began = time.monotonic()
    minute, restart = began + 60, began
    while (now := time.monotonic()) < began + given.minutes * 60:
        if due := int((now - began) * given.rate) - market.number:
            market.move(min(due, 500))
        if now > minute:
            minute += 60
            sizes.append(services.size())
            print(f"  {len(sizes)} min: {market.number} changes, {sizes[-1]:.0f} MB", flush=True)
        if now > restart:
            restart += given.restart
            restarts.append(Thread(target=services.restart))
            restarts[-1].start()
        time.sleep(1 / TICKS)
    for each in restarts:
        each.join()
    return Found(sizes, services.restarts, len(restarts) - services.restarts)


def _judge(changes: int, found: Found, counts: dict[str, int], *, conflates: bool) -> int:
    print(f"{changes} changes, {found.restarts} restarts; {counts}")
    wrong = {
        name: counts.get(name, 0)
        for name in ("missed", "repeated", "went back", "behind at the end")
        if counts.get(name)
    }
    if found.failed:
        wrong["restarts that failed"] = found.failed
    if conflates and not counts.get("conflated"):
        wrong["conflated"] = 0
    # The first minutes fill what is bounded: the journal, the pools.
    sizes = found.sizes
    if len(sizes) > 4 and sizes[-1] > max(sizes[1:4]) * 1.1:
        wrong["MB at the end"] = round(sizes[-1])
    print(f"wrong: {wrong}" if wrong else "every change once, in order, and no growth")
    return 1 if wrong else 0


@contextmanager
def _readers(given: argparse.Namespace, ports: Sequence[int]) -> "Iterator[subprocess.Popen[str]]":
    numbers = (given.seed, given.readers, given.slow, *ports)
    command = (sys.executable, "-m", "tests.soak.readers", *(str(number) for number in numbers))
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as readers:
        try:
            assert readers.stdout is not None
            if readers.stdout.readline() != "ready\n":
                raise SystemExit("the readers were not let in")
            yield readers
        finally:
            readers.kill()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--readers", type=int, default=1000, help="that keep up")
    parser.add_argument("--slow", type=int, default=20, help="readers that don't")
    parser.add_argument("--rate", type=int, default=100, help="changes a second")
    parser.add_argument("--restart", type=float, default=60, help="seconds between two restarts")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
