"""Media types that a client accepts."""

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header


def accepted_media(header: str | None) -> MIMEAccept:
    """Read an Accept header; parameters other than ``q``, such as a charset, decide nothing.

    Without a header a client accepts anything (RFC 9110, section 12.5.1).
    """
    named = parse_accept_header(header or "*/*", MIMEAccept)
    return MIMEAccept([(kind.split(";")[0].strip().lower(), q) for kind, q in named])
