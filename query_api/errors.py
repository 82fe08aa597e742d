"""What can go wrong with a request, and the HTTP status that says so."""

from http import HTTPStatus

from werkzeug.exceptions import HTTPException

from query_api.read_model.reader import ReadModelAway

RETRY_AFTER_SECONDS = 1


class BadParameter(ValueError):
    """Which parameter, what was wrong with it, and what was expected."""

    def __init__(self, parameter: str, problem: str, expected: str) -> None:
        super().__init__(f"{parameter}: {problem}; expected {expected}")


class _NoOdds(LookupError):
    """``cursor`` is where a stream goes on after this answer, where it is of the present."""

    def __init__(self, message: str, cursor: str | None = None) -> None:
        super().__init__(message)
        self.cursor = cursor


class UnknownOdds(_NoOdds):
    """No odds of that ExternalID, or none that its NewOdds has made visible yet."""


class DeletedOdds(_NoOdds):
    """The odds were there, and a DeleteOdds took them away for good."""


class NotAcceptable(ValueError):
    """The client accepts none of the media types we answer in."""


_STATUSES: dict[type[Exception], HTTPStatus] = {
    BadParameter: HTTPStatus.BAD_REQUEST,
    UnknownOdds: HTTPStatus.NOT_FOUND,
    DeletedOdds: HTTPStatus.GONE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    ReadModelAway: HTTPStatus.SERVICE_UNAVAILABLE,
}


def http_status(error: Exception) -> HTTPStatus:
    """The status that answers an error; 500 for one that is our own."""
    if isinstance(error, HTTPException) and error.code:
        return HTTPStatus(error.code)
    found = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def http_headers(error: Exception) -> list[tuple[str, str]]:
    """The headers that a client needs beside the status."""
    if isinstance(error, HTTPException):
        allowed = getattr(error, "valid_methods", None)
        return [("Allow", ", ".join(sorted(allowed)))] if allowed else []
    if isinstance(error, ReadModelAway):
        return [("Retry-After", str(RETRY_AFTER_SECONDS))]
    if isinstance(error, _NoOdds):
        return as_of_headers(error.cursor)
    return []


def as_of_headers(cursor: str | None) -> list[tuple[str, str]]:
    """``cursor`` is where a stream goes on after what is told, without a gap."""
    return [] if cursor is None else [("X-Feed-Cursor", cursor)]


def client_message(error: Exception) -> str:
    """What the client is told; never the words of a database or of a bug."""
    status = http_status(error)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return "the read model is away; try again"
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal error"
    if isinstance(error, HTTPException):
        return f"{status.phrase}: {error.description}"
    return str(error)
