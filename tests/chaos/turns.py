"""Which fault's turn it is."""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random


def turns(kinds: Sequence[str], script: Random, number: int | None = None) -> Iterator[str]:
    """So many, by default each kind once: in an order of the script's, all before any again."""
    return islice(_rounds(list(kinds), script), len(kinds) if number is None else number)


def _rounds(kinds: list[str], script: Random) -> Iterator[str]:
    while True:
        script.shuffle(kinds)
        yield from kinds
