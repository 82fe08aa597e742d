"""One bad day of those that ``make chaos`` makes."""

from tests.chaos.bad_day import bad_day
from tests.stack import fresh_stack


def test_a_bad_day_loses_doubles_and_blocks_nothing() -> None:
    with fresh_stack(faults=True) as stack:
        stack.start()
        verdict = bad_day(stack, seed=20261123, seconds=8)
    assert verdict.accepted > 100
    assert verdict.wrong == []
