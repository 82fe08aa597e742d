"""An HTTP server that pushes are sent to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec


class Push(NamedTuple):
    """``at`` is when it came, in seconds of the monotonic clock."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def envelope(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def data(self) -> bytes:
        return msgspec.convert(self.envelope["message"]["data"], bytes)


class PushEndpoint:
    """Answers each push as ``answer`` says; 204 until it is told otherwise."""

    def __init__(self) -> None:
        self.pushes: list[Push] = []
        self.answer: Callable[[Push], int] = lambda _: 204
        self.url = ""
        self.most_in_flight = 0
        self._in_flight = 0
        self._counting = threading.Lock()

    @property
    def data(self) -> list[bytes]:
        return [push.data for push in self.pushes]

    def take(self, push: Push) -> int:
        with self._counting:
            self.pushes.append(push)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return self.answer(push)
        finally:
            with self._counting:
                self._in_flight -= 1


@contextmanager
def push_endpoint() -> Iterator[PushEndpoint]:
    endpoint = PushEndpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            push = Push(time.monotonic(), {k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(endpoint.take(push))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/push"
        yield endpoint
        server.shutdown()
