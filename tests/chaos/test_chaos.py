"""One bad day of those that ``make chaos`` makes."""

from tests.chaos.bad_day import bad_day
from tests.stack import fresh_stack


def test_a_bad_day_loses_doubles_and_blocks_nothing() -> None:
    with fresh_stack(faults=True) as stack:
        stack.start()
        judged = bad_day(stack, seed=20261128, number=2)
    assert sum(judgement.counts.accepted for judgement in judged) > 100
    assert [what for judgement in judged for what in judgement.wrong] == []
