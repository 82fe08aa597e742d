"""Rows of the read model's tables as COPY's text format takes them
(PostgreSQL manual, COPY, File Formats)."""

from uuid import UUID

from odds.command import MoneyLine
from odds.event import OddsKey, Stamp
from odds.fold import Odds
from replayer.recovery.folding import Step

ODDS_COLUMNS = (
    "id, external_id, provider, game_id, game_type, home, away, draw, deleted, created_at, "
    "updated_at, updated_occurred_at, updated_event_id, "
    "price_occurred_at, price_created_at, price_event_id"
)
LOG_COLUMNS = (
    "xid, id, event_id, odds_id, command, outcome, occurred_at, created_at, external_id, "
    "provider, game_id, game_type, home, away, draw, deleted, odds_created_at, odds_updated_at, "
    "command_home, command_away, command_draw"
)
FIRST_XID = 3
"""PostgreSQL's first: rows of the past lie before every cursor that a reader can have."""

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NO_STAMP: Stamp = (0, 0, UUID(int=0))


def odds_row(odds_id: int, key: OddsKey, odds: Odds) -> str:
    price, newest = odds.price_stamp or _NO_STAMP, odds.newest_stamp or _NO_STAMP
    return (
        f"{odds_id}\t{key[0]}\t{_text(key[1])}\t{_text(key[2])}\t{_state(odds)}\t"
        f"{_null(odds.created_at)}\t{newest[1]}\t{newest[0]}\t{newest[2]}\t"
        f"{price[0]}\t{price[1]}\t{price[2]}\n"
    )


def log_row(log_id: int, odds_id: int, step: Step) -> str:
    event, odds, outcome = step
    command = event.command
    return (
        f"{FIRST_XID}\t{log_id}\t{event.event_id}\t{odds_id}\t{command.command}\t{outcome}\t"
        f"{event.occurred_at}\t{event.created_at}\t{event.external_id}\t"
        f"{_text(command.provider)}\t{_text(command.payload.game_id)}\t{_state(odds)}\t"
        f"{_null(odds.created_at)}\t{odds.updated_at}\t{_prices(command.payload.money_line)}\n"
    )


def _state(odds: Odds) -> str:
    """Columns game_type to deleted, which both tables have."""
    game_type = r"\N" if odds.game_type is None else _text(odds.game_type)
    return f"{game_type}\t{_prices(odds.money_line)}\t{odds.deleted}"


def _prices(price: MoneyLine | None) -> str:
    if price is None:
        return r"\N" + "\t\\N" * 2
    return f"{price.home}\t{price.away}\t{_null(price.draw)}"


def _null(value: float | None) -> str:
    return r"\N" if value is None else str(value)


def _text(text: str) -> str:
    return text.translate(_ESCAPES)
