"""``python -m bench.projector``: pushes over HTTP, then the stores alone, as tables.

EMULATORS=embedded or google says whose Datastore emulator; ours costs far less.
"""

import argparse

from bench.ground import ground
from bench.projector import pushes, stores


def main() -> None:
    given = _arguments()
    for in_flight in given.in_flight:
        with ground() as on:
            pushes.measure(on, given.events, given.rounds, in_flight)
    with ground() as on:
        stores.measure(on, given.events, given.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="per variant and round")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are told")
    parser.add_argument("--in-flight", type=int, nargs="*", default=[64, 128, 256])
    return parser.parse_args()


if __name__ == "__main__":
    main()
