"""The odds board under more changes than anyone can read."""

import itertools
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event as Flag

import pytest
from playwright.sync_api import Page, expect

from odds.event import Event
from tests.e2e.browser.board import Board
from tests.examples import NOW, new, update
from tests.integration.query_service import Market, query_service
from tests.stack import Databases

GAMES, BOOKMAKERS = 1000, 2
CHANGES_PER_SECOND, BATCH = 500, 25
SEARCHES = 15
ANSWERS_WITHIN = 3.0
"""Seconds: the page must not freeze; how busy the machine is otherwise is not its fault."""
TIMES_AS_LONG = 10
"""As while nothing changes, which may be more on a slow machine."""

WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(Math.round(task.duration));
}).observe({type: "longtask", buffered: true});
window.framesShown = 0;
requestAnimationFrame(function count() { window.framesShown += 1; requestAnimationFrame(count); });
"""
# Past the mouse and the keyboard: what Playwright does for those costs more than the page's answer.
FIND = """async (words) => {
  const find = document.getElementById("find");
  find.value = words;
  find.dispatchEvent(new Event("input"));
  await new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)));
  return [...document.querySelectorAll(".game")].filter((row) => !row.hidden).length;
}"""


class BusyMarket:
    """Odds whose prices change at random, at a steady pace."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._times = itertools.count(NOW)
        self._random = Random(6)
        self.odds = [
            new(at=next(self._times), game_id=game_id(game), provider=f"bookie{bookmaker}")
            for game in range(GAMES)
            for bookmaker in range(BOOKMAKERS)
        ]
        for start in range(0, len(self.odds), 500):
            market.project(*self.odds[start : start + 500])

    def change(self, enough: Flag) -> None:
        """``CHANGES_PER_SECOND`` until there were enough."""
        began = time.monotonic()
        for number in itertools.count():
            due = began + number * BATCH / CHANGES_PER_SECOND
            if enough.wait(max(0.0, due - time.monotonic())):
                break
            changed = self._random.sample(self.odds, BATCH)
            prices = [round(self._random.uniform(1.1, 9.9), 2) for _ in changed]
            self._market.project(*map(self._changed, changed, prices))

    def set_price(self, odds: Event, home: float) -> None:
        self._market.project(self._changed(odds, home))

    def _changed(self, odds: Event, home: float) -> Event:
        command = odds.command
        return update(
            odds,
            at=next(self._times),
            home=home,
            game_id=command.payload.game_id,
            provider=command.provider,
        )


def searches(page: Page) -> Iterator[float]:
    """Seconds from what a reader types to the board that shows it, and nothing else."""
    for number in range(SEARCHES):
        began = time.monotonic()
        assert page.evaluate(FIND, f"reds{number}-v-") == 1
        yield time.monotonic() - began
        page.wait_for_timeout(100)


def game_id(number: int) -> str:
    return f"soccer:load-1-reds{number}-v-blues{number}"


@pytest.fixture
def database_url(databases: Databases) -> str:
    return databases.fresh()


@pytest.fixture
def market(database_url: str) -> Iterator[BusyMarket]:
    market = Market(database_url)
    yield BusyMarket(market)
    market.engine.dispose()


def test_two_thousand_odds_and_five_hundred_changes_a_second_leave_the_page_usable(
    page: Page, market: BusyMarket, database_url: str
) -> None:
    page.add_init_script(WATCH)
    with query_service(database_url) as service, ThreadPoolExecutor(1) as provider:
        board = Board(page, f"http://127.0.0.1:{service.port}")
        expect(page.locator("#figure-odds")).to_have_text("2,000")
        loading = page.evaluate("longTasks.splice(0)")
        quiet = statistics.median(searches(page))
        board.find.fill("")
        page.evaluate("longTasks.splice(0)")
        enough = Flag()
        changes, began = provider.submit(market.change, enough), time.monotonic()
        frames = page.evaluate("framesShown")
        try:
            board.opener(game_id(0)).click()
            expect(board.detail.get_by_role("heading", name="Reds0 v Blues0")).to_be_visible()
            to_find = list(searches(page))
        finally:
            enough.set()
        changes.result()
        seconds, shown = time.monotonic() - began, page.evaluate("framesShown") - frames
        print(f"long tasks while loading {loading} ms, under load {page.evaluate('longTasks')} ms;")
        usual = statistics.median(to_find)
        print(f"{shown / seconds:.0f} frames a second under load;")
        print(f"{quiet:.2f} s to find a game, {usual:.2f} s under load")
        assert usual < max(ANSWERS_WITHIN, TIMES_AS_LONG * quiet)
        market.set_price(market.odds[-1], 77.75)
        board.find.fill(game_id(GAMES - 1))
        expect(board.price(game_id(GAMES - 1))).to_have_text("77.75")


def test_a_silent_projector_does_not_look_like_a_quiet_market(
    page: Page, database_url: str
) -> None:
    with query_service(database_url) as service:
        board = Board(page, f"http://127.0.0.1:{service.port}")
        expect(board.state).to_have_text("No news")
