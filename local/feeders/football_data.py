"""Result files of football-data.co.uk (CSV) as commands: one odds per match and bookmaker.

The file gives no time of a quote. Its first collected odds are taken for set three days before
kick-off, its closing odds a minute before, and kick-off ends the market. Times are UK local time;
files older than 2019 have no time of day, and there a match kicks off at 15:00.
Column names: https://www.football-data.co.uk/notes.txt
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from local.feeders.commands import FeedCommand, MoneyLine, UnusableLine
from local.feeders.market import Market

REQUIRED_COLUMNS = frozenset({"Div", "Date", "HomeTeam", "AwayTeam"})
OPENING = timedelta(days=3)
CLOSING = timedelta(minutes=1)

_AGGREGATES = {"Max", "Avg", "BbMx", "BbAv"}
_UK = ZoneInfo("Europe/London")
_USUAL_KICK_OFF = "15:00"

Row = dict[str, str]


def is_header(columns: Sequence[str]) -> bool:
    return set(columns) >= REQUIRED_COLUMNS


def read(lines: Iterable[str], provider: str | None = None) -> Iterator[FeedCommand | UnusableLine]:
    """The commands of a season in the order of their times, after the lines that make none.

    The provider is the bookmaker's code, after ``provider`` and a hyphen where that is given.
    """
    commands = []
    for result in _read_rows(lines, f"{provider}-" if provider else ""):
        if isinstance(result, UnusableLine):
            yield result
        else:
            commands.append(result)
    yield from sorted(commands, key=lambda command: command.occurred_at)


def _read_rows(lines: Iterable[str], prefix: str) -> Iterator[FeedCommand | UnusableLine]:
    header: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            cells = split(line)
        except csv.Error as error:
            yield UnusableLine(number, str(error))
            continue
        if not any(cells):
            continue
        if not header:
            header = cells
        elif len(cells) > len(header):
            yield UnusableLine(number, f"has {len(cells)} cells under {len(header)} columns")
        else:
            row = dict(zip(header, cells, strict=False))
            yield from _read_match(row, _bookmakers(header), prefix, number)


def split(line: str) -> list[str]:
    """The cells of one line. Raises csv.Error."""
    # Line by line, so that a quote left open spoils its own line only.
    return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]


def _bookmakers(header: list[str]) -> list[str]:
    """The codes with prices of all three outcomes that are neither closing odds nor aggregates."""
    codes = [
        name[:-1]
        for name in header
        if name.endswith("H") and {f"{name[:-1]}D", f"{name[:-1]}A"} <= set(header)
    ]
    closing = {f"{code}C" for code in codes}
    return [code for code in codes if code not in closing | _AGGREGATES]


def _read_match(
    row: Row, bookmakers: list[str], prefix: str, line: int
) -> Iterator[FeedCommand | UnusableLine]:
    try:
        kick_off = _kick_off(row)
        game_id = _game_id(row, kick_off)
    except ValueError as error:
        yield UnusableLine(line, str(error))
        return
    for code in bookmakers:
        try:
            opening, closing = _money_line(row, code), _money_line(row, f"{code}C")
        except ValueError as error:
            yield UnusableLine(line, str(error))
            continue
        if opening is None and closing is None:
            yield UnusableLine(line, f"{code} has no odds")
            continue
        yield from _quote(Market(f"{prefix}{code}", game_id), opening, closing, kick_off, line)


def _quote(
    market: Market,
    opening: MoneyLine | None,
    closing: MoneyLine | None,
    kick_off: datetime,
    line: int,
) -> Iterator[FeedCommand]:
    changes = [
        market.price(opening, _microseconds(kick_off - OPENING), "low", line) if opening else None,
        market.price(closing, _microseconds(kick_off - CLOSING), "medium", line)
        if closing
        else None,
        market.close(_microseconds(kick_off), "medium", line),
    ]
    yield from (change for change in changes if change is not None)


def _kick_off(row: Row) -> datetime:
    """The kick-off of a match. Raises ValueError where its date or time can't be read."""
    date, time = row.get("Date", ""), row.get("Time") or _USUAL_KICK_OFF
    for year in ("%Y", "%y"):
        try:
            return datetime.strptime(f"{date} {time}", f"%d/%m/{year} %H:%M").replace(tzinfo=_UK)
        except ValueError:
            continue
    raise ValueError(f"Date {date!r} Time {time!r} is not dd/mm/yyyy hh:mm")


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000


def _game_id(row: Row, kick_off: datetime) -> str:
    names = [_slug(row.get(column, "")) for column in ("Div", "HomeTeam", "AwayTeam")]
    if not all(names):
        raise ValueError("Div, HomeTeam or AwayTeam is empty")
    division, home, away = names
    return f"soccer:{division}-{kick_off:%Y%m%d}-{home}-{away}"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _money_line(row: Row, code: str) -> MoneyLine | None:
    """A bookmaker's prices, or None where it has none. Raises ValueError for prices unreadable."""
    cells = [row.get(f"{code}{outcome}", "") for outcome in "HAD"]
    if not any(cells):
        return None
    home, away, draw = (_price(f"{code}{o}", cell) for o, cell in zip("HAD", cells, strict=True))
    return MoneyLine(home, away, draw)


def _price(column: str, cell: str) -> float:
    # Decimal odds pay the stake back, so 1 is no price; "inf" and "nan" are floats to Python.
    if not re.fullmatch(r"\d+(\.\d+)?", cell) or float(cell) <= 1:
        raise ValueError(f"{column} is {cell!r}, not decimal odds")
    return float(cell)
