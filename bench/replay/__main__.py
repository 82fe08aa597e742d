"""``python -m bench.replay``: prints what the tables of bench/README.md are made of."""

import argparse
import os

from bench.ground import ground
from bench.replay import memory, stored

STORED = (5_000, 20_000, 50_000)
MEMORY = (100_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--stored", type=int, nargs="*", default=STORED, metavar="EVENTS")
    parser.add_argument("--memory", type=int, nargs="*", default=MEMORY, metavar="EVENTS")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with ground() as made:
        for size in asked.memory:
            memory.measure(made, size, asked.rounds)
        if asked.stored:
            stored.measure(made, asked.stored, asked.rounds)


if __name__ == "__main__":
    main()
