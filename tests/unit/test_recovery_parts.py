"""The parts that the event store is read in."""

import pytest

from replayer.environments import Environment
from replayer.recovery.parts import DIGITS, StoreSource, divided


def source(queries_at_once: int) -> StoreSource:
    return StoreSource(
        Environment(project="p", queries_at_once=queries_at_once, must_confirm=False)
    )


def test_an_emulator_is_asked_for_few_large_parts_and_the_service_for_many() -> None:
    assert source(2).parts == ("01234567", "89abcdef")
    assert source(16).parts == tuple(DIGITS)


@pytest.mark.parametrize("queries_at_once", [1, 2, 3, 5, 8, 15, 16, 100])
def test_whatever_is_read_at_once_all_is_read_and_no_part_is_twice_as_large_as_another(
    queries_at_once: int,
) -> None:
    read = source(queries_at_once)
    assert len(read.parts) == read.parts_at_once == min(queries_at_once, len(DIGITS))
    assert "".join(read.parts) == DIGITS
    sizes = {len(part) for part in divided(read.parts_at_once)}
    assert max(sizes) - min(sizes) <= 1
