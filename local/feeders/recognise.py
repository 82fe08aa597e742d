"""Which kind of file it is, told by what is in it."""

import csv
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from local.feeders import betfair, football_data
from local.feeders.betfair_messages import decode_message
from local.feeders.commands import FeedCommand, UnusableLine

Reader = Callable[[Iterable[str], str | None], Iterator[FeedCommand | UnusableLine]]

_LINES_LOOKED_AT = 100


class UnknownFormat(ValueError):
    """A file that is neither of the known kinds."""


def read_file(path: Path, provider: str | None = None) -> Iterator[FeedCommand | UnusableLine]:
    """The commands of a file, and its lines that make none.

    Raises OSError where the file can't be read, UnknownFormat where it is of no known kind.
    """
    lines = re.split(r"\r\n|\r|\n", _decode(path.read_bytes()))
    return reader_of(lines)(lines, provider)


def reader_of(lines: Iterable[str]) -> Reader:
    """The reader of these lines, by the first few of them. Raises UnknownFormat."""
    first = [line for line in itertools.islice(lines, _LINES_LOOKED_AT) if line.strip()]
    if first and _is_csv_header(first[0]):
        return football_data.read
    if any(_is_stream_message(line) for line in first):
        return betfair.read
    raise UnknownFormat(
        "neither a recorded Betfair Exchange stream (JSON lines with op and mc) "
        "nor a football-data.co.uk CSV (a header with Div, Date, HomeTeam, AwayTeam)"
    )


def _is_csv_header(line: str) -> bool:
    try:
        return football_data.is_header(football_data.split(line))
    except csv.Error:
        return False


def _is_stream_message(line: str) -> bool:
    try:
        return decode_message(line).mc is not None
    except (msgspec.DecodeError, UnicodeError):
        return False


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # football-data.co.uk saves its files from Excel. Bytes that cp1252 lacks become a
        # replacement character, and whatever stands on that line is judged with it.
        return content.decode("cp1252", errors="replace")
