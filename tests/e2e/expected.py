"""What the read model must hold once a real file was played, folded from the file by hand.

Written from what the files mean and not with the feeders' or the projection's code, so that it can
show either of them wrong.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOOKMAKERS = ("B365", "BW", "IW", "PS", "WH", "VC")


@dataclass(frozen=True)
class ExpectedOdds:
    """The one odds of a provider and game. ``changes`` counts New- and UpdateOdds."""

    game_type: str
    home: float
    away: float
    draw: float | None
    deleted: bool
    changes: int


Expected = dict[tuple[str, str], ExpectedOdds]
"""By (provider, game_id)."""


def expected_of_betfair(path: Path) -> Expected:
    """The last best prices of a recorded stream of one tennis market without errors in it."""
    runners: dict[int, int] = {}
    ladders: dict[int, dict[float, float]] = {}
    seen: list[tuple[float, float]] = []
    market_id, closed = "", False
    for line in path.read_text().splitlines():
        for change in json.loads(line)["mc"]:
            market_id = change["id"]
            if "marketDefinition" in change:
                definition = change["marketDefinition"]
                runners = {r["sortPriority"]: r["id"] for r in definition["runners"]}
                closed = definition["status"] == "CLOSED"
            _replay_ladders(change, ladders)
            both = [ladders.get(runners[place]) for place in (1, 2)]
            if all(both) and not closed:
                prices = (max(both[0] or {}), max(both[1] or {}))
                if not seen or seen[-1] != prices:
                    seen.append(prices)
    home, away = seen[-1]
    odds = ExpectedOdds("tennis", home, away, None, closed, len(seen))
    return {("betfair", f"tennis:betfair-{market_id}"): odds}


def _replay_ladders(change: dict[str, Any], ladders: dict[int, dict[float, float]]) -> None:
    if change.get("img"):
        ladders.clear()
    for delta in change.get("rc", []):
        for price, size in delta.get("atb", []):
            if size == 0:
                ladders.setdefault(delta["id"], {}).pop(price, None)
            else:
                ladders.setdefault(delta["id"], {})[price] = size


def expected_of_football_data(path: Path) -> Expected:
    """Each bookmaker's closing odds of each match of a complete file; all are over."""
    expected: Expected = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            day, month, year = row["Date"].split("/")
            teams = f"{row['HomeTeam']}-{row['AwayTeam']}".lower().replace(" ", "-")
            game_id = f"soccer:{row['Div'].lower()}-{year}{month}{day}-{teams}"
            for book in BOOKMAKERS:
                first = [float(row[book + outcome]) for outcome in "HAD"]
                last = [float(row[f"{book}C{outcome}"]) for outcome in "HAD"]
                home, away, draw = last
                changes = 1 if first == last else 2
                expected[book, game_id] = ExpectedOdds("soccer", home, away, draw, True, changes)
    return expected
