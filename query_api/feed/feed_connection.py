"""The change feed's two connections: one listens, the other reads.

A connection that only listens has nothing to say but "there is news", so its bytes need not be
parsed: no notification can hide in the driver's buffer while ``poll`` waits on the socket.
"""

import select
import ssl
from contextlib import ExitStack, closing
from types import TracebackType
from typing import Self

from odds.adapters.read_model.postgres import TIMEOUT, Server, socket_of
from odds.adapters.read_model.tables import FEED_CHANNEL
from query_api.feed.change_log import ChangeLog

_NAME = "query_api feed"


class FeedConnection:
    """An open way to the change feed; a context manager.

    Raises pg8000.exceptions.Error or OSError where PostgreSQL is away, here and in every use.
    """

    def __init__(self, database_url: str) -> None:
        with ExitStack() as opened:
            server = opened.enter_context(closing(Server(database_url)))
            listener = opened.enter_context(server.connect(application_name=_NAME))
            listener.execute_simple(f"LISTEN {FEED_CHANNEL}")
            self._socket = socket_of(listener)
            self._socket.setblocking(False)
            # Not select: its descriptors end at 1,024, and each reader of the stream has one.
            self._news = select.poll()
            self._news.register(self._socket, select.POLLIN)
            opened.callback(self._socket.settimeout, TIMEOUT)
            reader = opened.enter_context(server.connect(application_name=_NAME))
            self.log = ChangeLog(reader)
            self._opened = opened.pop_all()

    def wait_for_news(self, seconds: float) -> None:
        """Return once something was committed, or after ``seconds``."""
        self._news.poll(seconds * 1000)
        try:
            gone = not self._socket.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):  # no news, or TLS's own
            return
        if gone:
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
