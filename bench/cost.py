"""A load that is driven, and the processor time that each process spends on it."""

import os
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from bench.ground import Ground
from bench.load import Request, Result, drive


class Measured(NamedTuple):
    """``cost`` is the processor time of each process per request, in microseconds."""

    result: Result
    cost: dict[str, float]

    def cells(self) -> list[str]:
        """For a table whose head is ``head``."""
        rate, p50, p99 = self.result
        costs = [f"{cost:.0f}" for cost in self.cost.values()]
        return [f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}", *costs]

    def head(self, what: str) -> list[str]:
        return [f"{what}/s", "p50 ms", "p99 ms", *(f"{process} µs" for process in self.cost)]


def measure(
    ground: Ground, url: str, requests: Sequence[Request], *, in_flight: int, expected: int
) -> Measured:
    before = processor_seconds(ground)
    result = drive(url, requests, in_flight=in_flight, expected=expected)
    after = processor_seconds(ground)
    cost = {name: (after[name] - before[name]) / len(requests) * 1e6 for name in before}
    return Measured(result, cost)


def medians(rounds: Sequence[Measured]) -> Measured:
    results = zip(*(each.result for each in rounds), strict=True)
    processes = rounds[0].cost
    return Measured(
        Result(*(median(column) for column in results)),
        {process: median(each.cost[process] for each in rounds) for process in processes},
    )


def tell(measured: dict[str, Measured], what: str, ceiling: str) -> None:
    """Print a table; rates are told as parts of that of ``ceiling`` too."""
    head = ["", "of the ceiling", *measured[ceiling].head(what)]
    print("| " + " | ".join(head) + " |\n| --- |" + " ---: |" * (len(head) - 1))
    for name, each in measured.items():
        share = each.result.per_second / measured[ceiling].result.per_second
        print("| " + " | ".join([name, f"{share:.0%}", *each.cells()]) + " |")


def processor_seconds(ground: Ground) -> dict[str, float]:
    """Of this process, ``load``, and of each that it started."""
    ours = os.times()
    return {"load": ours.user + ours.system} | ground.processor_seconds()
