"""The odds board as a reader handles it."""

import json

from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser.conftest import SECONDS
from tests.waiting import wait_for

expect.set_options(timeout=SECONDS * 1000)

WATCH = """
window.states = [];
new MutationObserver(() => states.push(document.getElementById("state-text").textContent))
  .observe(document.getElementById("state"), {childList: true, characterData: true, subtree: true});
"""


class Board:
    """The board of a stack's gateway or query service, open in a page."""

    def __init__(self, page: Page, url: str, filters: str = "") -> None:
        self.page = page
        page.goto(f"{url}/{filters}")
        page.evaluate(WATCH)
        self.state = page.get_by_role("status")
        self.behind = page.locator("#figure-behind")
        self.detail = page.locator("#detail")
        self.find = page.get_by_label("Find a game")

    def game(self, game_id: str) -> Locator:
        return self.page.locator(f".game[data-game={json.dumps(game_id)}]")

    def opener(self, game_id: str) -> Locator:
        return self.game(game_id).get_by_role("button")

    def price(self, game_id: str, outcome: str = "home") -> Locator:
        return self.game(game_id).locator(f"[data-outcome={outcome}] .value")

    def by(self, game_id: str, outcome: str = "home") -> Locator:
        return self.game(game_id).locator(f"[data-outcome={outcome}] .by")

    def steps(self, game_id: str, outcome: str = "home") -> int:
        """How many prices the path of a price has, each a step of two points."""
        line = self.game(game_id).locator(f"[data-outcome={outcome}] polyline")
        return len((line.get_attribute("points") or "").split()) // 2

    def resumes(self) -> None:
        """Wait until it has said so, which it does for a few seconds only."""
        wait_for(lambda: "Resumed" in self.page.evaluate("states"), seconds=SECONDS)

    def is_live(self) -> None:
        expect(self.state).to_have_text("Live")
