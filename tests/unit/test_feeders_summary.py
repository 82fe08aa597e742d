from datetime import UTC, datetime

import pytest

from local.feeders.retry import LONGEST_RETRY_AFTER_SECONDS, backoffs, retry_after
from local.feeders.summary import Reasons, Summary

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)


def test_reasons_are_grouped_with_their_first_lines() -> None:
    reasons = Reasons()
    for line in (4, 9, 12, 20):
        reasons.add("too odd", line)
    reasons.add("once", 7)
    assert [text.strip() for text in reasons.describe()] == [
        "4 x too odd (line 4, 9, 12, …)",
        "1 x once (line 7)",
    ]


def test_ever_new_reasons_do_not_fill_the_memory() -> None:
    reasons = Reasons()
    for line in range(1, 5001):
        reasons.add(f"reason {line}", line)
    assert reasons.total == 5000
    assert len(reasons.describe()) < 300


def test_a_summary_names_all_that_became_of_the_commands() -> None:
    summary = Summary(sent=5, accepted=2, latencies=Summary().latencies)
    summary.latencies.extend([0.010, 0.020, 0.030])
    summary.rejected.add("400 GameID: is empty", 3)
    summary.unusable.add("Expected `int`", 8)
    summary.skipped.add("its NewOdds was not accepted", 4)
    text = summary.describe()
    for part in ("400 GameID: is empty (line 3)", "Expected `int` (line 8)", "20.0  ms p50"):
        assert part in text
    assert summary.unanswered == 2
    assert not summary.clean


def test_a_play_is_clean_when_all_was_accepted() -> None:
    assert Summary(sent=2, accepted=2).clean
    assert not Summary(sent=2, accepted=1).clean


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("Tue, 01 Jan 2030 12:00:07 GMT", 7.0),
        ("Tue, 01 Jan 2030 11:00:00 GMT", 0.0),
        ("99999", LONGEST_RETRY_AFTER_SECONDS),
        ("soon", 0.0),
        ("-1", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after({"Retry-After": header}, NOW) == seconds


def test_without_retry_after_nothing_is_asked_for() -> None:
    assert retry_after({}) == 0.0


def test_backoffs_grow_to_a_longest() -> None:
    each = backoffs()
    waits = [next(each) for _ in range(20)]
    assert waits[0] <= 0.1
    assert 2.5 <= waits[-1] <= 5.0
