"""Rows as COPY takes them."""

from uuid import UUID

import msgspec

from odds.fold import fold
from replayer.recovery.rows import ODDS_COLUMNS, odds_row
from tests.examples import new


def test_no_text_breaks_the_row_that_it_stands_in() -> None:
    event = new()
    (odds,) = fold([event])[0].values()
    row = odds_row(
        1, (UUID(int=1), "a\tb\\", "c\nd\re"), msgspec.structs.replace(odds, game_type="f\tg")
    )
    cells = row.removesuffix("\n").split("\t")
    assert len(cells) == len(ODDS_COLUMNS.split(","))
    assert cells[2:5] == [r"a\tb\\", r"c\nd\re", r"f\tg"]
    assert row.count("\n") == 1
