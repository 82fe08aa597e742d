"""Requests as bytes on a connection, and their answers."""

import contextlib
import http.client
from collections.abc import Iterator, Mapping
from email.message import Message
from http.client import HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
DEADLINE = 30.0
"""Seconds."""


class Request(NamedTuple):
    """A request with no other headers than those given; a body of None has no length either."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@contextlib.contextmanager
def opened(base_url: str, request: Request) -> Iterator[HTTPResponse]:
    """The answer to a request, its body not read yet."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        with connection.getresponse() as response:
            yield response


def send(base_url: str, request: Request) -> Answer:
    with opened(base_url, request) as response:
        return Answer(response.status, response.headers, response.read())
