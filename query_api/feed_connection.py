"""The change feed's two connections: one listens, the other reads.

A connection that only listens has nothing to say but "there is news", so its bytes need not be
parsed: no notification can hide in the driver's buffer while ``select`` waits on the socket.
"""

import select
import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from pg8000.native import Connection
from sqlalchemy import URL, make_url

from odds.adapters.postgres import TIMEOUT
from odds.adapters.tables import FEED_CHANNEL
from query_api.change_log import ChangeLog


class FeedConnection:
    """An open way to the change feed; a context manager.

    Raises pg8000.exceptions.Error or OSError where PostgreSQL is away, here and in every use.
    """

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        with ExitStack() as opened:
            self._socket = opened.enter_context(_open_socket(url))
            listener = opened.enter_context(_connect(url, self._socket))
            listener.run(f"LISTEN {FEED_CHANNEL}")
            reader = _connect(url, opened.enter_context(_open_socket(url)))
            self.log = ChangeLog(opened.enter_context(reader))
            self._opened = opened.pop_all()

    def wait_for_news(self, seconds: float) -> None:
        """Return once something was committed, or after ``seconds``."""
        readable, _, _ = select.select([self._socket], [], [], seconds)
        if readable and not self._socket.recv(65536):
            raise ConnectionResetError("PostgreSQL closed the listening connection")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(error_type, error, traceback)


def _connect(url: URL, to_server: socket.socket) -> Connection:
    return Connection(
        url.username,
        database=url.database,
        password=url.password,
        sock=to_server,
        application_name="query_api feed",
    )


def _open_socket(url: URL) -> socket.socket:
    path = url.query.get("unix_sock")
    if not path:
        to_server = socket.create_connection((url.host or "localhost", url.port or 5432), TIMEOUT)
        to_server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        to_server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return to_server
    to_server = socket.socket(socket.AF_UNIX)
    try:
        to_server.settimeout(TIMEOUT)
        to_server.connect(str(path))
    except OSError:
        to_server.close()
        raise
    return to_server
