"""The odds board in a browser, in front of the whole stack."""

import itertools
import time
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.browser.board import Board
from tests.waiting import wait_for


class Bookmaker:
    """A provider of odds of one game, which is nobody else's."""

    def __init__(self, api: Api, game_id: str, name: str) -> None:
        self._api = api
        self._fields = {"GameID": game_id, "Provider": name, "EventVelocity": "high"}
        self.external_id = ""

    def offer(self, home: float) -> None:
        status, answer = self._api.new(home=home, **self._fields)
        assert status == 202, answer
        self.external_id = answer["ExternalID"]

    def change(self, home: float) -> None:
        assert self._api.update(self.external_id, home=home, **self._fields)[0] == 202

    def withdraw(self) -> None:
        assert self._api.delete(self.external_id, **self._fields)[0] == 202

    def shown_at(self, home: float) -> None:
        wait_for(lambda: self._api.home(self.external_id) == home)


class Market:
    """A game of the test's own."""

    def __init__(self, api: Api, sport: str = "soccer") -> None:
        self.game_id = f"{sport}:e2e-{uuid4().hex[:12]}-reds-v-blues"
        self._api = api

    def bookmaker(self, name: str, home: float) -> Bookmaker:
        bookmaker = Bookmaker(self._api, self.game_id, name)
        bookmaker.offer(home)
        return bookmaker


@pytest.fixture
def api(stack: Stack) -> Api:
    return Api(stack.gateway_url)


@pytest.fixture
def market(api: Api) -> Market:
    return Market(api)


@pytest.fixture
def board(page: Page, stack: Stack) -> Board:
    board = Board(page, stack.gateway_url)
    board.is_live()
    return board


def test_odds_that_were_there_and_odds_that_are_new_appear(
    page: Page, stack: Stack, api: Api
) -> None:
    old, new = Market(api), Market(api)
    old.bookmaker("acme", 1.75).shown_at(1.75)
    board = Board(page, stack.gateway_url)
    expect(board.price(old.game_id)).to_have_text("1.75")
    expect(board.opener(old.game_id)).to_contain_text("Reds v Blues")
    board.is_live()
    new.bookmaker("acme", 2.25)
    expect(board.price(new.game_id)).to_have_text("2.25")
    expect(board.price(new.game_id, "draw")).to_have_text("3.50")
    expect(board.price(new.game_id, "away")).to_have_text("2.50")


def test_a_change_shows_within_a_second(board: Board, market: Market) -> None:
    bookmaker = market.bookmaker("acme", 1.5)
    board.find.fill(market.game_id)
    expect(board.price(market.game_id)).to_have_text("1.50")
    prices = itertools.count(2.0, 0.25)
    # Now and then a busy machine is quiet for a moment.
    wait_for(lambda: seconds_to_show(board, market, bookmaker, next(prices)) < 1.0, seconds=60)


def seconds_to_show(board: Board, market: Market, bookmaker: Bookmaker, home: float) -> float:
    began = time.monotonic()
    bookmaker.change(home)
    expect(board.price(market.game_id)).to_have_text(f"{home:.2f}")
    expect(board.game(market.game_id).get_by_role("img", name="up")).to_be_visible()
    return time.monotonic() - began


def test_the_best_price_of_all_bookmakers_is_shown_and_whose_it_is(
    board: Board, market: Market
) -> None:
    acme, rival = market.bookmaker("acme", 2.0), market.bookmaker("rival", 1.9)
    expect(board.opener(market.game_id)).to_contain_text("2 bookmakers")
    expect(board.by(market.game_id)).to_have_text("acme")
    rival.change(2.1)
    expect(board.price(market.game_id)).to_have_text("2.10")
    expect(board.by(market.game_id)).to_have_text("rival")
    rival.withdraw()
    expect(board.price(market.game_id)).to_have_text("2.00")
    acme.withdraw()
    expect(board.opener(market.game_id)).to_contain_text("suspended")


def test_american_prices_are_compared_with_decimal_ones(
    board: Board, market: Market, api: Api
) -> None:
    market.bookmaker("acme", 2.0)
    american = {"Home": 150, "Away": -180, "Draw": 240}
    api.new(Provider="yankee", Payload={"GameID": market.game_id, "MoneyLine": american})
    expect(board.price(market.game_id)).to_have_text("2.50")
    expect(board.by(market.game_id)).to_have_text("yankee")
    board.page.get_by_label("Prices").select_option("American")
    expect(board.price(market.game_id)).to_have_text("+150")
    expect(board.price(market.game_id, "away")).to_have_text("+150")


def test_the_page_goes_on_after_the_query_service_was_away_and_misses_no_change(
    board: Board, market: Market, api: Api, stack: Stack
) -> None:
    acme, other, new = market.bookmaker("acme", 1.5), Market(api), Market(api)
    gone = other.bookmaker("gone", 9.0)
    expect(board.price(market.game_id)).to_have_text("1.50")
    expect(board.price(other.game_id)).to_have_text("9.00")
    board.page.evaluate("window.sameDocument = true")
    stack.stop_part("query_api")
    try:
        expect(board.state).to_have_text("Reconnecting")
        for home in (1.6, 1.7, 1.8):
            acme.change(home)
        gone.withdraw()
        new.bookmaker("acme", 4.4)
    finally:
        stack.start_part("query_api")
    board.resumes()
    expect(board.price(market.game_id)).to_have_text("1.80")
    expect(board.price(new.game_id)).to_have_text("4.40")
    expect(board.opener(other.game_id)).to_contain_text("suspended")
    acme.change(1.85)
    expect(board.price(market.game_id)).to_have_text("1.85")
    assert board.steps(market.game_id) == 5
    assert board.page.evaluate("window.sameDocument")


def test_filters_leave_what_they_let_through_and_outlive_a_reload(board: Board, api: Api) -> None:
    soccer, tennis = Market(api, "soccer"), Market(api, "tennis")
    ours = f"bookie-{uuid4().hex[:8]}"
    for market in (soccer, tennis):
        market.bookmaker("acme", 2.0)
        expect(board.game(market.game_id)).to_be_visible()
    soccer.bookmaker(ours, 1.5)
    board.page.get_by_role("button", name="Tennis").click()
    expect(board.game(soccer.game_id)).to_be_hidden()
    expect(board.game(tennis.game_id)).to_be_visible()
    board.page.get_by_role("button", name="All sports").click()
    board.page.get_by_label("Bookmaker").select_option(ours)
    expect(board.game(tennis.game_id)).to_be_hidden()
    expect(board.price(soccer.game_id)).to_have_text("1.50")
    board.page.reload()
    expect(board.price(soccer.game_id)).to_have_text("1.50")
    expect(board.game(tennis.game_id)).to_be_hidden()
    board.find.fill("no such game")
    board.page.get_by_role("button", name="Show all games").click()
    expect(board.game(tennis.game_id)).to_be_visible()


def test_the_board_is_used_by_keyboard_alone(board: Board, market: Market) -> None:
    market.bookmaker("acme", 1.5).shown_at(1.5)
    keyboard = board.page.keyboard
    keyboard.press("/")
    keyboard.type(market.game_id)
    expect(board.page.locator(".game:visible")).to_have_count(1)
    for _ in range(3):
        keyboard.press("Tab")
    expect(board.opener(market.game_id)).to_be_focused()
    keyboard.press("Enter")
    expect(board.detail.get_by_role("heading", name="Reds v Blues")).to_be_focused()
    expect(board.detail.get_by_role("button", name="acme")).to_be_visible()
    keyboard.press("Escape")
    expect(board.detail).to_be_hidden()
    expect(board.opener(market.game_id)).to_be_focused()
    board.find.fill("")
    board.opener(market.game_id).focus()
    keyboard.press("Home")
    expect(board.page.locator(".open:visible").first).to_be_focused()
    keyboard.press("ArrowDown")
    expect(board.page.locator(".open:visible").nth(1)).to_be_focused()


def test_the_detail_tells_each_bookmakers_prices_and_how_one_came_about(
    board: Board, market: Market
) -> None:
    acme, rival = market.bookmaker("acme", 1.5), market.bookmaker("rival", 2.5)
    acme.change(1.55)
    acme.shown_at(1.55)
    board.page.reload()
    expect(board.opener(market.game_id)).to_contain_text("2 bookmakers")
    board.opener(market.game_id).click()
    board.detail.get_by_role("button", name="acme").click()
    acme.change(1.6)
    newest = board.detail.locator(".changes tbody tr").first
    expect(newest.locator("td").first).to_have_text("1.60")
    expect(board.detail.locator(".changes tbody tr")).to_have_count(3)
    expect(board.detail.get_by_role("img", name="home: now 1.60, lowest 1.50")).to_be_visible()
    rival.withdraw()
    expect(board.detail.get_by_role("button", name="rival")).to_be_hidden()
    assert board.detail.get_by_role("link", name="REST").get_attribute("href") == (
        f"/odds/{acme.external_id}/history"
    )


def test_focus_and_what_is_marked_stay_while_the_detail_changes(
    board: Board, market: Market
) -> None:
    acme = market.bookmaker("acme", 1.5)
    board.opener(market.game_id).click()
    link = board.detail.get_by_role("link", name="REST")
    link.focus()
    marked = "getSelection().selectAllChildren(detail.querySelector('.links code'))"
    board.page.evaluate(marked)
    acme.change(1.75)
    rows = board.detail.locator(".changes tbody tr")
    expect(rows.first.locator("td").first).to_have_text("1.75")
    expect(rows).to_have_count(2)
    board.page.wait_for_timeout(1100)  # the detail shows itself anew every second
    expect(link).to_be_focused()
    assert board.page.evaluate("String(getSelection())") == acme.external_id


def test_a_game_that_was_suspended_for_long_comes_back_to_its_open_detail(
    board: Board, market: Market
) -> None:
    acme = market.bookmaker("acme", 1.5)
    board.opener(market.game_id).click()
    acme.withdraw()
    expect(board.detail.get_by_text("Suspended")).to_be_visible()
    board.page.evaluate("(now => { Date.now = () => now() + 30_000; })(Date.now)")
    expect(board.game(market.game_id)).to_have_count(0)
    market.bookmaker("rival", 2.25)
    expect(board.price(market.game_id)).to_have_text("2.25")
    expect(board.detail.get_by_role("button", name="rival")).to_be_visible()
    expect(board.detail.get_by_text("Suspended")).to_be_hidden()
    expect(board.opener(market.game_id)).to_have_attribute("aria-current", "true")


def test_a_page_that_finds_back_after_many_tries_listens_for_the_net_no_more(
    page: Page, stack: Stack
) -> None:
    tries: list[Route] = []

    def refuse(route: Route) -> None:
        tries.append(route)
        route.abort()

    page.route("**/api/graphql", refuse)
    board = Board(page, stack.gateway_url)
    expect(board.state).to_have_text("Reconnecting")
    while len(tries) < 3:
        page.wait_for_timeout(50)
    page.unroute("**/api/graphql")
    board.resumes()
    debugger = page.context.new_cdp_session(page)
    window = debugger.send("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
    known = debugger.send("DOMDebugger.getEventListeners", {"objectId": window})["listeners"]
    assert [each for each in known if each["type"] == "online"] == []


def test_how_far_behind_it_is_the_service_says_and_not_the_browsers_clock(
    page: Page, stack: Stack, market: Market
) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() + 3_600_000")
    behind = [2.5]

    def tell(route: Route) -> None:
        if "behind_seconds" not in (route.request.post_data or ""):
            return route.fallback()
        feed = {"behind_seconds": behind[-1], "stale": False}
        return route.fulfill(json={"data": {"feed": feed}})

    page.route("**/api/graphql", tell)
    board = Board(page, stack.gateway_url)
    board.is_live()
    market.bookmaker("acme", 1.5)
    expect(board.price(market.game_id)).to_have_text("1.50")
    expect(board.behind).to_have_text("2.5 s")
    behind.append(7.5)  # in a market that may be quiet
    expect(board.behind).to_have_text("7.5 s")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_screen(board: Board, market: Market, width: int) -> None:
    market.bookmaker("a-bookmaker-of-a-name-as-long-as-may-be-" + "x" * 24, 1.5)
    board.page.set_viewport_size({"width": width, "height": 800})
    board.opener(market.game_id).click()
    expect(board.detail).to_be_visible()
    wide: dict[str, Any] = board.page.evaluate(
        "({page: document.documentElement.scrollWidth, detail: detail.scrollWidth})"
    )
    assert wide["page"] <= width
    assert wide["detail"] <= width


def test_what_providers_send_is_text_and_nothing_else(board: Board, market: Market) -> None:
    name = '<img src=x onerror="window.hurt=1">'
    market.bookmaker(name, 1.5)
    expect(board.by(market.game_id)).to_have_text(name)
    board.opener(market.game_id).click()
    expect(board.detail.get_by_role("button", name=name)).to_be_visible()
    assert board.page.evaluate("window.hurt") is None
