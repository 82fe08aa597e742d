"""``python -m tests.chaos --seed N``: a bad day on a stack of its own."""

import argparse
import sys

from local.foreground import stopped_by_signals
from tests.chaos.bad_day import bad_day
from tests.stack import fresh_stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many bad days, one seed each")
    parser.add_argument("--seconds", type=float, default=60, help="how long things break")
    given = parser.parse_args()
    wrong: list[str] = []
    for seed in range(given.seed, given.seed + given.seeds):
        print(f"seed {seed}", flush=True)
        with stopped_by_signals(), fresh_stack(lambda _: None, faults=True) as stack:
            stack.start()
            wrong += bad_day(stack, seed, given.seconds, lambda line: print(line, flush=True)).wrong
    print("\n".join(wrong) or "nothing lost, nothing doubled, nothing stuck")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
