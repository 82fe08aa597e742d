"""Query strings of REST, read."""

import re
from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict

from odds import timestamp
from query_api.errors import BadParameter
from query_api.parameters import a_wait, check_event, check_history, check_page, external_id
from query_api.read_model.queries import (
    DEFAULT_PAGE_SIZE,
    EventRequest,
    HistoryRequest,
    OddsRequest,
    PageRequest,
)

_SHOWN = 40
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


def page_request(arguments: MultiDict[str, str]) -> PageRequest:
    """Read a query string. Raises BadParameter for the first parameter that is no good."""
    given = _given(arguments, PageRequest.__struct_fields__)
    page_no, page_size = _place(given)
    return check_page(
        page_no=page_no,
        page_size=page_size,
        game_id=given.get("game_id"),
        provider=given.get("provider"),
        game_type=given.get("game_type"),
    )


def odds_request(odds: str, arguments: MultiDict[str, str]) -> OddsRequest:
    """Read which odds, and as of when. Raises BadParameter."""
    as_of = _given(arguments, ["as_of"]).get("as_of")
    return OddsRequest(external_id(odds), None if as_of is None else _time("as_of", as_of))


def history_request(odds: str, arguments: MultiDict[str, str]) -> HistoryRequest:
    """Read which page of which odds' history. Raises BadParameter."""
    page_no, page_size = _place(_given(arguments, ["page_no", "page_size"]))
    return check_history(odds, page_no, page_size)


def event_request(event: str, arguments: MultiDict[str, str], longest_wait: float) -> EventRequest:
    """Read which event, and how long to wait for it. Raises BadParameter."""
    wait = _given(arguments, ["wait"]).get("wait", "0")
    if not _SECONDS.fullmatch(wait):
        raise BadParameter("wait", f"is {wait[:_SHOWN]!a}", a_wait(longest_wait))
    return check_event(event, float(wait), longest_wait)


def _time(name: str, text: str) -> int:
    """To microseconds since the epoch."""
    try:
        return timestamp.microseconds(text)
    except ValueError:
        raise BadParameter(name, f"is {text[:_SHOWN]!a}", timestamp.EXPECTED) from None


def _given(arguments: MultiDict[str, str], known: Sequence[str]) -> dict[str, str]:
    """The arguments; one misspelt would otherwise filter nothing."""
    for name in arguments:
        if name not in known:
            raise BadParameter(ascii(name)[1:-1], "is not known", f"one of {', '.join(known)}")
    return {name: _single(name, arguments.getlist(name)) for name in arguments}


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise BadParameter(name, f"is given {len(values)} times", "it once")
    return values[0]


def _place(given: Mapping[str, str]) -> tuple[int, int]:
    """page_no and page_size, not held against their limits yet."""
    page_no, page_size = given.get("page_no", "1"), given.get("page_size", str(DEFAULT_PAGE_SIZE))
    return _whole_number("page_no", page_no), _whole_number("page_size", page_size)


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 20:
        raise BadParameter(name, f"is {text[:20]!a}", "a whole number")
    return int(text)
