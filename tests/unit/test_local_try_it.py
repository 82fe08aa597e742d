"""The lines that a demo prints to be pasted."""

import re

from local.try_it import what_to_try
from odds.identity import event_id, external_id


def request_ids(lines: str) -> list[str]:
    return re.findall(r'"RequestID": "([^"]+)"', lines)


def test_what_one_demo_says_is_no_repeat_of_an_earlier_one() -> None:
    earlier, later = (request_ids(what_to_try("http://x")) for _ in range(2))
    assert len({*earlier, *later}) == 4


def test_the_odds_that_are_read_and_changed_are_those_made_before() -> None:
    lines = what_to_try("http://x")
    made = external_id(event_id("you", request_ids(lines)[0]))
    assert re.findall(r"http://x/odds/(\S+)", lines) == [str(made)] * 2
