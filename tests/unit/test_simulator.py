import itertools
from collections import Counter
from random import Random

import pytest

from local.feeders.commands import FeedCommand
from local.simulator.bookmakers import BOOKMAKERS, Bookmaker, american_odds, decimal_odds
from local.simulator.game import Chances
from local.simulator.league import GAMES_PER_SPORT, League
from local.simulator.sports import SPORTS

START = 1_800_000_000_000_000
DRAW_SPORTS = {sport.game_type for sport in SPORTS if sport.draw_share is not None}


def played(seconds: float, rate: float = 20.0, seed: int = 1) -> list[FeedCommand]:
    commands = League(Random(seed), START).commands(START, rate)
    end = START + round(seconds * 1e6)
    return list(itertools.takewhile(lambda command: command.occurred_at < end, commands))


def test_the_same_seed_and_start_give_the_same_commands() -> None:
    assert played(60) == played(60)
    assert played(60) != played(60, seed=2)


def test_commands_come_in_time_and_about_as_many_as_asked_for() -> None:
    commands = played(300, rate=20)
    times = [command.occurred_at for command in commands]
    assert times == sorted(times)
    assert 12 < len(commands) / 300 < 24


def test_all_games_have_every_bookmakers_price_soon() -> None:
    priced = {
        (command.body["Payload"]["GameID"], command.body["Provider"]) for command in played(10)
    }
    assert len(priced) == len(SPORTS) * GAMES_PER_SPORT * len(BOOKMAKERS)


def test_only_sports_with_draws_have_prices_of_a_draw() -> None:
    for command in played(120):
        payload = command.body["Payload"]
        if "MoneyLine" in payload:
            game_type = payload["GameID"].split(":")[0]
            assert ("Draw" in payload["MoneyLine"]) == (game_type in DRAW_SPORTS)


def test_an_odds_begins_with_its_new_odds_and_nothing_follows_its_delete() -> None:
    by_odds: dict[str, list[str]] = {}
    for command in played(900):
        by_odds.setdefault(command.odds, []).append(command.verb)
    for verbs in by_odds.values():
        assert verbs[0] == "NewOdds"
        assert Counter(verbs)["NewOdds"] == 1
        assert "DeleteOdds" not in verbs[:-1]


def test_games_end_and_others_begin_so_that_as_many_are_on() -> None:
    on: set[tuple[str, str]] = set()
    games = set()
    for command in played(1200):
        key = command.body["Payload"]["GameID"], command.body["Provider"]
        games.add(key[0])
        (on.discard if command.verb == "DeleteOdds" else on.add)(key)
    assert len(games) > 2 * len(SPORTS) * GAMES_PER_SPORT
    assert len({game for game, _ in on}) <= len(SPORTS) * GAMES_PER_SPORT + 1


def test_no_price_is_zero_and_every_decimal_price_pays_more_than_its_stake() -> None:
    for command in played(600):
        for price in command.body["Payload"].get("MoneyLine", {}).values():
            if command.body["Provider"] == "empire-us":
                assert abs(price) >= 100
            else:
                assert price > 1


@pytest.mark.parametrize("bookmaker", BOOKMAKERS[:4], ids=lambda bookmaker: bookmaker.name)
def test_a_bookmaker_keeps_about_its_margin(bookmaker: Bookmaker) -> None:
    line = bookmaker.money_line(Chances(0.45, 0.3, 0.25))
    assert line.draw is not None
    implied = 1 / line.home + 1 / line.away + 1 / line.draw
    assert implied == pytest.approx(1 + bookmaker.margin, abs=0.01)


@pytest.mark.parametrize(
    ("chance", "decimal", "american"),
    [(0.5, 2.0, 100.0), (0.8, 1.25, -400.0), (0.2, 5.0, 400.0), (0.01, 100.0, 9900.0)],
)
def test_a_chance_is_quoted_in_each_kind_of_odds(
    chance: float, decimal: float, american: float
) -> None:
    assert decimal_odds(chance) == decimal
    assert american_odds(chance) == american
