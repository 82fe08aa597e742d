"""Requests to a running service, and which of the described answers they are to bring."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.exchange import Request, send
from tests.openapi import Description

Headers = Mapping[str, str]
DescribedAnswer = tuple[str, str, int, str]
"""Path template, method, status and media type."""


class Case(NamedTuple):
    """A request, and the status and media type of its answer; "" for one without a body."""

    status: int
    media_type: str
    request: Request

    def check(self, description: Description, base_url: str) -> None:
        answer = send(base_url, self.request)
        found = (answer.status, answer.media_type if answer.body else "")
        assert found == (self.status, self.media_type), answer.body
        description.check(self.request.method, self.request.path, answer)

    def with_headers(self, headers: Headers) -> "Case":
        request = self.request._replace(headers={**self.request.headers, **headers})
        return self._replace(request=request)

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.path} {self.status} {self.media_type}"


def provoked(description: Description, cases: Iterable[Case]) -> set[DescribedAnswer]:
    return {
        (*description.place(request.method, request.path), status, media_type)
        for status, media_type, request in cases
    }


def all_but_failures(description: Description) -> set[DescribedAnswer]:
    """The described answers but the 500, which no request should be able to provoke."""
    return {answer for answer in description.declared_answers() if answer[2] != 500}
