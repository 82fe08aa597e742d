"""The name of a request: the client's own where it sent one that can be used."""

import re
from uuid import uuid4

from odds.command import MAX_REQUEST_ID

_USABLE = re.compile(rf"[\x21-\x7e](?:[\x20-\x7e]{{0,{MAX_REQUEST_ID - 2}}}[\x21-\x7e])?")


def request_id(header: str | None) -> str:
    """The value of X-Request-ID, or a new one where that is missing or no printable ASCII."""
    if header and _USABLE.fullmatch(header):
        return header
    return str(uuid4())
