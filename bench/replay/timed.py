"""What is measured: seconds of each round, told as events a second."""

import time
from collections.abc import Callable
from statistics import median

Rounds = dict[str, list[float]]
"""Seconds of each round, by what was done."""


def rounds(number: int, work: dict[str, Callable[[], object]]) -> Rounds:
    """Do everything in turn, so often; what changes outside meanwhile then meets all alike."""
    seconds: Rounds = {name: [] for name in work}
    for _ in range(number):
        for name, do in work.items():
            began = time.monotonic()
            do()
            seconds[name].append(time.monotonic() - began)
    return seconds


def told(size: int, seconds: Rounds) -> None:
    for name, each in seconds.items():
        taken = median(each)
        spread = " ".join(f"{one:.2f}" for one in sorted(each))
        print(f"{size:>9,}  {name:<36} {size / taken:>9,.0f} events/s  ({spread} s)", flush=True)


def of_limit(seconds: Rounds, what: str, *limits: str) -> float:
    """Which part of the slowest limit's speed was reached, round by round; the median of that."""
    slowest = (max(each) for each in zip(*(seconds[limit] for limit in limits), strict=True))
    part: float = median(limit / taken for limit, taken in zip(slowest, seconds[what], strict=True))
    return part
