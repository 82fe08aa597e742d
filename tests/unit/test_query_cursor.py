"""Cursors, as text and as places."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query_api.cursor import Cursor, name
from query_api.errors import BadParameter
from tests.changes import GENERATION

NUMBERS = st.integers(0, 2**63 - 1)


@given(NUMBERS, NUMBERS, NUMBERS, st.lists(NUMBERS, max_size=5))
def test_a_cursor_is_read_as_it_was_written(
    xid: int, id_: int, ahead: int, running: list[int]
) -> None:
    cursor = Cursor(GENERATION, xid, id_, ahead, tuple(running) if ahead else ())
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", GENERATION, f"{GENERATION}-1", f"{GENERATION}-1-g", "A" * 1000, "-1-1"),
        *(
            f"{GENERATION}-1-{2**63:x}",
            f"{GENERATION}-{2**64 - 1:x}-1",
            f"{GENERATION}-1-1-{2**63:x}",
        ),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match=r"^since: is .* expected a cursor that this API gave$"):
        Cursor.read(text)


def test_a_snapshot_has_seen_what_was_over_when_it_was_taken() -> None:
    generation = uuid4()
    snapshot = Cursor.of_snapshot(generation, "10:15:10,12")
    seen = [xid for xid in range(8, 17) if snapshot.covers(Cursor(name(generation), xid, 1))]
    assert seen == [8, 9, 11, 13, 14]
    assert snapshot.settled == Cursor(name(generation), 10, 0)


def test_cursors_are_in_the_order_of_the_feed() -> None:
    places = [Cursor(GENERATION, xid, id_) for xid in (1, 2, 10) for id_ in (0, 3, 20)]
    assert places == sorted(places)
