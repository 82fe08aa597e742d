"""``python -m bench.replay``: prints what the tables of bench/README.md are made of."""

import argparse
import os

from bench.ground import ground
from bench.replay import memory, stored
from local.emulators.choice import Emulators
from local.settings import StackSettings
from odds import settings

STORED = {
    Emulators.GOOGLE: (5_000, 20_000, 50_000),
    Emulators.EMBEDDED: (5_000, 20_000, 50_000, 100_000),
}
"""Those of EMULATORS, else those that are installed."""
MEMORY = (100_000, 1_000_000)
SIZES = "%(default)s; without a number this part is left out"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    emulators = settings.read(StackSettings, os.environ).chosen_emulators()
    sizes = STORED[emulators]
    parser.add_argument(
        "--stored", type=int, nargs="*", default=sizes, metavar="EVENTS", help=SIZES
    )
    parser.add_argument(
        "--memory", type=int, nargs="*", default=MEMORY, metavar="EVENTS", help=SIZES
    )
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"emulators: {emulators}; {load}", flush=True)
    with ground() as made:
        for size in asked.memory:
            memory.measure(made, size, asked.rounds)
        if asked.stored:
            stored.measure(made, asked.stored, asked.rounds)


if __name__ == "__main__":
    main()
