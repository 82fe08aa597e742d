"""Which other sites' pages may read odds from a browser (https://fetch.spec.whatwg.org)."""

import re

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from odds.settings import SettingsError

_ORIGIN = re.compile(r"\*|https?://[^/\s,]+")
_DAY = 86_400


def cross_origin(origins: str, inside: ASGIApp) -> ASGIApp:
    """``origins``, separated by commas, may read what the service answers; ``*`` lets all.

    Raises SettingsError.
    """
    allowed = [origin for given in origins.split(",") if (origin := given.strip())]
    for origin in allowed:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"CORS_ORIGINS: {origin!r} is no origin such as https://a.example")
    if not allowed:
        return inside
    return CORSMiddleware(
        inside,
        allow_origins=allowed,
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-Request-ID"],
        expose_headers=["ETag", "Retry-After", "X-Feed-Cursor", "X-Request-ID"],
        max_age=_DAY,
    )
