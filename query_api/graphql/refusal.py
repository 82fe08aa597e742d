"""Refusals: requests that HTTP itself has a status for."""

from http import HTTPStatus


class Refusal(ValueError):
    """The status that answers a request, and the message that says why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
