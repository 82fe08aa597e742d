"""Over the real recordings, where they are at hand."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from local.feeders.commands import FeedCommand
from local.feeders.recognise import read_file
from tests.e2e.expected import Expected, expected_of_betfair, expected_of_football_data

DATA = Path(__file__).parents[3] / "shared" / "data"
BETFAIR = DATA / "betfair_tennis_hassan_v_haerteis_20200502.jsonl"
FOOTBALL = DATA / "footballdata_E0_2019-20.csv"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real recordings are not here")

FILES = [(BETFAIR, expected_of_betfair), (FOOTBALL, expected_of_football_data)]


def commands_of(path: Path) -> list[FeedCommand]:
    results = list(read_file(path))
    commands = [each for each in results if isinstance(each, FeedCommand)]
    assert len(commands) == len(results), "every line of the real files is usable"
    return commands


@pytest.mark.parametrize(("path", "expect"), FILES)
def test_commands_of_a_real_file_say_what_the_file_means(
    path: Path, expect: Callable[[Path], Expected]
) -> None:
    expected = expect(path)
    commands = commands_of(path)
    prices: dict[tuple[str, str], list[dict[str, float]]] = {}
    for command in commands:
        key = command.body["Provider"], command.body["Payload"]["GameID"]
        if command.verb != "DeleteOdds":
            prices.setdefault(key, []).append(command.body["Payload"]["MoneyLine"])
    last = {key: (p[-1]["Home"], p[-1]["Away"], p[-1].get("Draw")) for key, p in prices.items()}
    assert last == {key: (odds.home, odds.away, odds.draw) for key, odds in expected.items()}
    assert {key: len(p) for key, p in prices.items()} == {
        key: odds.changes for key, odds in expected.items()
    }


@pytest.mark.parametrize("path", [BETFAIR, FOOTBALL])
def test_each_odds_of_a_real_file_begins_once_and_ends_once(path: Path) -> None:
    commands = commands_of(path)
    verbs = Counter(command.verb for command in commands)
    assert verbs["NewOdds"] == verbs["DeleteOdds"] == len({command.odds for command in commands})
    assert len({command.body["RequestID"] for command in commands}) == len(commands)
    times = [command.occurred_at for command in commands]
    assert times == sorted(times)
