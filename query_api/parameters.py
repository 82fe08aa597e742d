"""Parameters of a request, of REST and of GraphQL alike, held against their limits."""

from uuid import UUID

from odds.command import MAX_GAME_ID, MAX_GAME_TYPE, MAX_PROVIDER, is_text
from odds.identity import canonical_uuid
from query_api.cursor import Cursor
from query_api.errors import BadParameter
from query_api.feed.odds_filter import OddsFilter
from query_api.read_model.queries import (
    MAX_PAGE_SIZE,
    MAX_PAGED,
    EventRequest,
    HistoryRequest,
    PageRequest,
)
from query_api.stream.subscription_request import SubscriptionRequest

MAX_CONFLATE_MS = 60_000

_TEXTS = {"game_id": MAX_GAME_ID, "provider": MAX_PROVIDER, "game_type": MAX_GAME_TYPE}
_UUID_LENGTH = 36
_A_UUID = "a UUID such as 6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"


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


def check_history(odds: str, page_no: int, page_size: int) -> HistoryRequest:
    """Hold a history request against its limits. Raises BadParameter."""
    _check_place(page_no, page_size)
    return HistoryRequest(external_id(odds), page_no, page_size)


def check_event(event: str, wait: float, longest_wait: float) -> EventRequest:
    """Hold a request for an event against its limits. Raises BadParameter."""
    if not 0 <= wait <= longest_wait:
        raise BadParameter("wait", f"is {wait:g}", a_wait(longest_wait))
    return EventRequest(_uuid("event_id", event), wait)


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


def a_wait(longest: float) -> str:
    """What is expected where one asks to wait."""
    return f"0 to {longest:g} seconds"


def _check_place(page_no: int, page_size: int) -> None:
    _check_range("page_no", page_no, MAX_PAGED)
    _check_range("page_size", page_size, MAX_PAGE_SIZE)
    if page_no > (last := MAX_PAGED // page_size):
        raise BadParameter("page_no", f"is {page_no}, of {page_size} rows each", f"1 to {last}")


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
