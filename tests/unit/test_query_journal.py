"""The journal: the feed's newest part, one by one and newest of each odds."""

import pytest

from odds import settings
from odds.settings import SettingsError
from query_api.settings import Settings
from query_api.stream import journal as journal_module
from query_api.stream.journal import Journal
from tests.changes import changes_of, place


def journal_of(*odds_ids: int, size: int = 100) -> Journal:
    journal = Journal(size)
    journal.begin(place(0))
    for change in changes_of(odds_ids):
        journal.append([change])
    return journal


def test_what_follows_a_place_is_told_one_by_one() -> None:
    journal = journal_of(7, 8, 7)
    assert [*journal.since(place(1), 9)] == changes_of([7, 8, 7])[1:]
    assert [*journal.since(place(3), 9)] == [*journal.since(place(9), 9)] == []
    assert [*journal.since(place(0), 2)] == changes_of([7, 8, 7])[:2]


def test_the_newest_of_each_odds_is_marked_where_it_stands_for_others() -> None:
    journal = journal_of(7, 8, 7, 9, 7)
    newest = journal.newest_since(place(0))
    assert [(c.id, c.place, c.conflated) for c in newest] == [
        (8, place(2), False),
        (9, place(4), False),
        (7, place(5), True),
    ]
    assert [c.conflated for c in journal.newest_since(place(3))] == [False, False]


def test_changes_of_long_ago_are_forgotten_and_the_newest_of_their_odds_is_not() -> None:
    journal = journal_of(*([1] + [2] * 9), size=3)
    assert place(4) <= journal.oldest < place(10)
    assert [c.place for c in journal.since(journal.oldest, 99)][-1] == place(10)
    assert [c.id for c in journal.newest_since(place(0))] == [1, 2]


def test_of_too_many_odds_those_that_changed_long_ago_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_module, "MOST_ODDS", 2)
    journal = journal_of(1, 2, 1, 3)
    assert journal.dimmest == place(2)
    assert [c.id for c in journal.newest_since(journal.dimmest)] == [1, 3]


def test_news_wake_whoever_waits() -> None:
    journal = journal_of(1)
    news = journal.news
    assert not news.is_set()
    journal.append(changes_of([2], after=1))
    assert news.is_set()
    assert not journal.news.is_set()


def test_a_journal_that_begins_anew_knows_nothing() -> None:
    journal = journal_of(1, 2)
    journal.begin(place(5))
    assert (journal.oldest, journal.end) == (place(5), place(5))
    assert journal.newest_since(place(0)) == []


@pytest.mark.parametrize(("size", "expected"), [("0", ">= 1"), ("100001", "<= 100000")])
def test_a_journal_that_would_be_of_no_size_or_of_too_much_is_refused(
    size: str, expected: str
) -> None:
    """One of none would forget nothing."""
    with pytest.raises(SettingsError, match=f"JOURNAL_SIZE is '{size}'; expected int {expected}"):
        settings.read(Settings, {"DATABASE_URL": "postgresql://", "JOURNAL_SIZE": size})
