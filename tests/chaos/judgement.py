"""What was counted, and found, once a fault was mended."""

from operator import add, sub
from typing import NamedTuple, Self


class Counts(NamedTuple):
    accepted: int = 0
    refused: int = 0
    """Commands, which were sent again."""
    pushed: int = 0
    stored: int = 0
    logged: int = 0

    def and_those(self, others: Self) -> "Counts":
        return Counts(*map(add, self, others))

    def since(self, before: Self) -> "Counts":
        return Counts(*map(sub, self, before))


class Judgement(NamedTuple):
    """``counts`` are those of this fault: since the judgement before it."""

    fault: str
    counts: Counts
    seconds: float
    """From the last command until nothing was on its way any more."""
    wrong: list[str]
