"""Parameters of a request, checked."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from werkzeug.datastructures import MultiDict

from odds import timestamp
from odds.command import MAX_GAME_ID, MAX_GAME_TYPE, MAX_PROVIDER, is_text
from odds.identity import canonical_uuid
from query_api.cursor import Cursor
from query_api.errors import BadParameter
from query_api.feed.odds_filter import OddsFilter
from query_api.read_model.queries import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_NO,
    MAX_PAGE_SIZE,
    EventRequest,
    HistoryRequest,
    OddsRequest,
    PageRequest,
)
from query_api.stream.subscription_request import SubscriptionRequest

MAX_CONFLATE_MS = 60_000

_TEXTS = {"game_id": MAX_GAME_ID, "provider": MAX_PROVIDER, "game_type": MAX_GAME_TYPE}
_UUID_LENGTH = 36
_TIME_SHOWN = 40
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_A_UUID = "a UUID such as 6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"


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


def check_page(
    *,
    page_no: int,
    page_size: int,
    game_id: str | None = None,
    provider: str | None = None,
    game_type: str | None = None,
) -> PageRequest:
    """Hold a page request against its limits. Raises BadParameter."""
    _check_place(page_no, page_size)
    _check_texts(game_id=game_id, provider=provider, game_type=game_type)
    return PageRequest(
        page_no=page_no,
        page_size=page_size,
        game_id=game_id,
        provider=provider,
        game_type=game_type,
    )


def odds_request(odds: str, arguments: MultiDict[str, str]) -> OddsRequest:
    """Read which odds, and as of when. Raises BadParameter."""
    as_of = _given(arguments, ["as_of"]).get("as_of")
    return OddsRequest(external_id(odds), None if as_of is None else time("as_of", as_of))


def history_request(odds: str, arguments: MultiDict[str, str]) -> HistoryRequest:
    """Read which page of which odds' history. Raises BadParameter."""
    page_no, page_size = _place(_given(arguments, ["page_no", "page_size"]))
    return check_history(odds, page_no, page_size)


def check_history(odds: str, page_no: int, page_size: int) -> HistoryRequest:
    """Hold a history request against its limits. Raises BadParameter."""
    _check_place(page_no, page_size)
    return HistoryRequest(external_id(odds), page_no, page_size)


def event_request(event: str, arguments: MultiDict[str, str], longest_wait: float) -> EventRequest:
    """Read which event, and how long to wait for it. Raises BadParameter."""
    wait = _given(arguments, ["wait"]).get("wait", "0")
    if not _SECONDS.fullmatch(wait):
        raise BadParameter("wait", f"is {wait[:_TIME_SHOWN]!a}", _a_wait(longest_wait))
    return check_event(event, float(wait), longest_wait)


def check_event(event: str, wait: float, longest_wait: float) -> EventRequest:
    """Hold a request for an event against its limits. Raises BadParameter."""
    if not 0 <= wait <= longest_wait:
        raise BadParameter("wait", f"is {wait:g}", _a_wait(longest_wait))
    return EventRequest(_uuid("event_id", event), wait)


def time(name: str, text: str) -> int:
    """Read a time to microseconds since the epoch. Raises BadParameter."""
    try:
        return timestamp.microseconds(text)
    except ValueError:
        raise BadParameter(name, f"is {text[:_TIME_SHOWN]!a}", timestamp.EXPECTED) from None


def subscription(
    *,
    game_id: str | None = None,
    game_type: str | None = None,
    provider: str | None = None,
    external_id: str | None = None,
    since: str | None = None,
    snapshot: bool = False,
    conflate_ms: int = 0,
) -> SubscriptionRequest:
    """Hold what a subscriber asks for against its limits. Raises BadParameter."""
    _check_texts(game_id=game_id, game_type=game_type, provider=provider)
    if not 0 <= conflate_ms <= MAX_CONFLATE_MS:
        raise BadParameter("conflate_ms", f"is {conflate_ms}", f"0 to {MAX_CONFLATE_MS}")
    uuid = None if external_id is None else _uuid("external_id", external_id)
    cursor = None if since is None else Cursor.read(since)
    return SubscriptionRequest(
        OddsFilter(game_id, game_type, provider, uuid), cursor, snapshot, conflate_ms
    )


def external_id(text: str) -> UUID:
    """Read an ExternalID. Raises BadParameter."""
    return _uuid("external_id", text)


def _uuid(name: str, text: str) -> UUID:
    uuid = canonical_uuid(text)
    if uuid is None:
        raise BadParameter(name, f"is {text[:_UUID_LENGTH]!a}", _A_UUID)
    return uuid


def _a_wait(longest: float) -> str:
    return f"0 to {longest:g} seconds"


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


def _check_place(page_no: int, page_size: int) -> None:
    _check_range("page_no", page_no, MAX_PAGE_NO)
    _check_range("page_size", page_size, MAX_PAGE_SIZE)


def _check_range(name: str, number: int, most: int) -> None:
    if not 1 <= number <= most:
        raise BadParameter(name, f"is {number}", f"1 to {most}")


def _check_texts(**texts: str | None) -> None:
    for name, text in texts.items():
        if text is not None:
            _check_text(name, text, _TEXTS[name])


def _check_text(name: str, text: str, most: int) -> None:
    if not text:
        raise BadParameter(name, "is empty", f"1 to {most} characters")
    if len(text) > most:
        raise BadParameter(name, f"has {len(text)} characters", f"1 to {most}")
    if not is_text(text):
        raise BadParameter(name, "has a control character", "printable characters only")
