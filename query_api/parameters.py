"""Parameters of a request, checked."""

from collections.abc import Sequence
from uuid import UUID

from werkzeug.datastructures import MultiDict

from odds.command import MAX_GAME_ID, MAX_GAME_TYPE, MAX_PROVIDER, is_text
from odds.identity import canonical_uuid
from query_api.errors import BadParameter
from query_api.queries import DEFAULT_PAGE_SIZE, MAX_PAGE_NO, MAX_PAGE_SIZE, PageRequest

_TEXTS = {"game_id": MAX_GAME_ID, "provider": MAX_PROVIDER, "game_type": MAX_GAME_TYPE}
_UUID_LENGTH = 36
_A_UUID = "a UUID such as 6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"


def page_request(arguments: MultiDict[str, str]) -> PageRequest:
    """Read a query string. Raises BadParameter for the first parameter that is no good."""
    refuse_unknown(arguments, PageRequest.__struct_fields__)
    given = {name: _single(name, arguments.getlist(name)) for name in arguments}
    return check_page(
        page_no=_whole_number("page_no", given.get("page_no", "1")),
        page_size=_whole_number("page_size", given.get("page_size", str(DEFAULT_PAGE_SIZE))),
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
    _check_range("page_no", page_no, MAX_PAGE_NO)
    _check_range("page_size", page_size, MAX_PAGE_SIZE)
    for name, text in (("game_id", game_id), ("provider", provider), ("game_type", game_type)):
        if text is not None:
            _check_text(name, text, _TEXTS[name])
    return PageRequest(
        page_no=page_no,
        page_size=page_size,
        game_id=game_id,
        provider=provider,
        game_type=game_type,
    )


def refuse_unknown(arguments: MultiDict[str, str], known: Sequence[str]) -> None:
    """Raises BadParameter: a parameter misspelt would otherwise filter nothing."""
    expected = f"one of {', '.join(known)}" if known else "no parameter"
    for name in arguments:
        if name not in known:
            raise BadParameter(ascii(name)[1:-1], "is not known", expected)


def external_id(text: str) -> UUID:
    """Read an ExternalID. Raises BadParameter."""
    uuid = canonical_uuid(text)
    if uuid is None:
        raise BadParameter("external_id", f"is {text[:_UUID_LENGTH]!a}", _A_UUID)
    return uuid


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise BadParameter(name, f"is given {len(values)} times", "it once")
    return values[0]


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 20:
        raise BadParameter(name, f"is {text[:20]!a}", "a whole number")
    return int(text)


def _check_range(name: str, number: int, most: int) -> None:
    if not 1 <= number <= most:
        raise BadParameter(name, f"is {number}", f"1 to {most}")


def _check_text(name: str, text: str, most: int) -> None:
    if not text:
        raise BadParameter(name, "is empty", f"1 to {most} characters")
    if len(text) > most:
        raise BadParameter(name, f"has {len(text)} characters", f"1 to {most}")
    if not is_text(text):
        raise BadParameter(name, "has a control character", "printable characters only")
