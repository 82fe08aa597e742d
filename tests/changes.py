"""Changes of a feed of one's own."""

from collections.abc import Iterable
from uuid import UUID

from query_api.cursor import Cursor
from query_api.feed.change import Change

GENERATION = "0123456789ab"


def place(number: int) -> Cursor:
    return Cursor(GENERATION, number, 1)


def change(number: int, odds_id: int, game_id: str = "soccer:1") -> Change:
    """The one that stands at ``place(number)``."""
    return Change(
        place=place(number),
        event_id=UUID(int=number),
        published_at=number,
        id=odds_id,
        external_id=UUID(int=odds_id),
        provider="betfair",
        game_id=game_id,
        game_type="soccer",
        home=float(number),
        away=2.0,
        draw=None,
        deleted=False,
        created_at=1,
        updated_at=number,
    )


def changes_of(odds_ids: Iterable[int], *, after: int = 0) -> list[Change]:
    """A change of each odds, in order."""
    return [change(number, odds_id) for number, odds_id in enumerate(odds_ids, start=after + 1)]
