"""What is published: the API's six fields of a change, and when it was made known."""

import time
from itertools import count
from typing import Any
from uuid import UUID

QUERY = (
    "subscription { getInstantOdds"
    " { id external_id game_id moneyline created_at updated_at published_at } }"
)

_numbers = count(1)


def changes(how_many: int) -> list[dict[str, Any]]:
    """Changes of 200 odds in turn, published now."""
    return [_change(next(_numbers)) for _ in range(how_many)]


def _change(number: int) -> dict[str, Any]:
    odds = number % 200
    now = time.time()
    return {
        "id": str(odds),
        "external_id": str(UUID(int=odds)),
        "game_id": f"soccer:epl-2026-{odds:03}",
        "moneyline": {"home": 1.5 + number % 300 / 100, "away": 4.2, "draw": 3.4},
        "created_at": 1_790_000_000.0,
        "updated_at": round(now, 6),
        "published_at": round(now, 6),
    }
