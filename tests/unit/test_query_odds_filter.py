"""Filters of odds, and finding whose filter lets an odds through."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from query_api.feed.odds_filter import FilterIndex, OddsFilter
from tests.changes import change

TEXTS = st.sampled_from([None, "soccer:1", "soccer", "betfair", "other"])
IDS = st.sampled_from([None, UUID(int=7), UUID(int=8)])
FILTERS = st.builds(OddsFilter, TEXTS, TEXTS, TEXTS, IDS)
ODDS = change(1, 7, game_id="soccer:1")


def test_a_filter_lets_through_what_it_names() -> None:
    assert OddsFilter().matches(ODDS)
    assert OddsFilter("soccer:1", "soccer", "betfair", UUID(int=7)).matches(ODDS)
    assert not OddsFilter(game_type="tennis").matches(ODDS)
    assert not OddsFilter("soccer:1", provider="acme").matches(ODDS)


@given(st.lists(FILTERS, max_size=20), st.data())
def test_the_index_finds_every_filter_that_lets_an_odds_through(
    filters: list[OddsFilter], data: st.DataObject
) -> None:
    index: FilterIndex[int] = FilterIndex()
    for number, odds_filter in enumerate(filters):
        index.add(odds_filter, number)
    gone = data.draw(st.sets(st.sampled_from(range(len(filters))))) if filters else set()
    for number in gone:
        index.remove(filters[number], number)
    assert {*index.wanting(ODDS)} == {
        number
        for number, odds_filter in enumerate(filters)
        if number not in gone and odds_filter.matches(ODDS)
    }
