"""The table that ``make chaos`` prints."""

from tests.chaos.judgement import Counts, Judgement
from tests.chaos.table import table


def test_a_kind_has_one_row_however_often_it_came_and_all_are_summed() -> None:
    cut = Judgement("connections cut", Counts(100, 2, 110, 100, 100), 0.5, [])
    killed = Judgement("PostgreSQL killed", Counts(1000, 3, 1200, 999, 1000), 2.25, ["1 lost"])
    assert list(table([killed, cut, cut]))[2:] == [
        "| connections cut | 2 | 200 | 4 | 220 | 200 | 200 | 0.5 s | 0 |",
        "| PostgreSQL killed | 1 | 1,000 | 3 | 1,200 | 999 | 1,000 | 2.2 s | 1 |",
        "| **all 2 kinds** | 3 | 1,200 | 7 | 1,420 | 1,199 | 1,200 | 2.2 s | 1 |",
    ]
