"""``python -m tests.chaos --seed N``: a bad day on a stack of its own."""

import argparse
import sys
import time

from local.emulators.choice import Emulators
from local.foreground import stopped_by_signals
from tests.chaos.bad_day import bad_day, chosen_emulators
from tests.chaos.judgement import Judgement
from tests.chaos.table import commit, table
from tests.stack import fresh_stack

WHOSE = {Emulators.GOOGLE: "Google's", Emulators.EMBEDDED: "our own"}


def main() -> int:
    given = _arguments()
    began, code = time.monotonic(), commit()
    judged: list[Judgement] = []
    for seed in range(given.seed, given.seed + given.seeds):
        print(f"seed {seed}", flush=True)
        with stopped_by_signals(), fresh_stack(lambda _: None, faults=True) as stack:
            stack.start()
            judged += bad_day(stack, seed, given.faults, lambda line: print(line, flush=True))
    minutes = (time.monotonic() - began) / 60
    print(
        f"\nSeeds {given.seed} to {given.seed + given.seeds - 1}, on {WHOSE[chosen_emulators()]} "
        f"emulators, commit {code}, in {minutes:.0f} minutes:\n"
    )
    print(*table(judged), sep="\n", end="\n\n")
    wrong = [what for judgement in judged for what in judgement.wrong]
    print("\n".join(wrong) or "nothing lost, nothing doubled, nothing stuck")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many bad days, one seed each")
    parser.add_argument("--faults", type=int, help="how many a day; each kind once if not given")
    given = parser.parse_args()
    if given.seeds < 1 or (given.faults is not None and given.faults < 1):
        parser.error("a bad day has a fault at least")
    return given


if __name__ == "__main__":
    sys.exit(main())
