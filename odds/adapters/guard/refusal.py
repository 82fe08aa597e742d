"""How a service answers a caller that it doesn't let in."""

from typing import NamedTuple

from odds.adapters.guard.guard import Forbidden
from odds.adapters.guard.id_tokens import Unauthenticated
from odds.adapters.guard.signing_keys import SigningKeysUnavailable

NOT_LET_IN = (Unauthenticated, Forbidden, SigningKeysUnavailable)

RETRY_AFTER_SECONDS = 1


class Refusal(NamedTuple):
    status: int
    headers: dict[str, str]


def turn_away(error: Exception) -> Refusal:
    """Status and headers for one of ``NOT_LET_IN``; its text may be told to the caller."""
    match error:
        case Forbidden():
            return Refusal(403, {})
        case SigningKeysUnavailable():
            return Refusal(503, {"Retry-After": str(RETRY_AFTER_SECONDS)})
        case _:
            # https://www.rfc-editor.org/rfc/rfc6750#section-3
            return Refusal(401, {"WWW-Authenticate": "Bearer"})
