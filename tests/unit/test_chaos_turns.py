"""Whose turn it is among the faults of ``make chaos``."""

from random import Random

from tests.chaos.turns import turns

KINDS = [f"kind {number}" for number in range(9)]


def test_each_kind_has_its_turn_once() -> None:
    assert sorted(turns(KINDS, Random(1))) == KINDS


def test_each_kind_has_its_turn_before_any_has_it_again() -> None:
    twice = list(turns(KINDS, Random(1), 18))
    assert sorted(twice[:9]) == sorted(twice[9:]) == KINDS
    assert twice[:9] != twice[9:]


def test_the_order_is_that_of_the_seed() -> None:
    assert list(turns(KINDS, Random(7), 30)) == list(turns(KINDS, Random(7), 30))
    assert list(turns(KINDS, Random(7))) != list(turns(KINDS, Random(8)))


def test_a_day_may_be_shorter_than_there_are_kinds() -> None:
    assert len(set(turns(KINDS, Random(1), 4))) == 4
