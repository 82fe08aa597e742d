"""How gunicorn runs the query service: ``gunicorn -c query_api/gunicorn.conf.py``."""

import gc
import os
import socket

from odds.adapters.http import graceful_end
from odds.adapters.telemetry import logs

wsgi_app = "query_api.main:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "asgi"
workers = 1
asgi_loop = "uvloop"
asgi_lifespan = "on"
graceful_timeout = graceful_end.GRACEFUL_TIMEOUT
# A thousand readers that come back at once may keep the event loop for long; whether it is stuck
# is for the liveness probe to say.
timeout = 120
keepalive = 75
control_socket_disable = True  # its path is shared by every gunicorn of a user
websocket_max_message_size = 64 * 1024

UNSENT_LIMIT = 16 * 1024
"""Bytes that the kernel holds for a client beyond what is on its way: more would hide a reader
that has stopped from the stream, which would go on giving it every change of long ago."""

VANISHED = 60
"""Seconds after which a client counts as gone that acknowledges nothing, not even that it is there,
or takes not one byte: without them its stream would be held for a quarter of an hour, and for ever
where nothing is sent."""

TCP_OPTIONS = {
    (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT): UNSENT_LIMIT,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): VANISHED // 2,
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): VANISHED // 6,
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): VANISHED * 1000,
}
"""Of the listening socket; those that it accepts have them too."""


def when_ready(server):
    for listener in server.LISTENERS:
        if listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            for (level, option), value in TCP_OPTIONS.items():
                listener.sock.setsockopt(level, option, value)


def post_worker_init(worker):
    """The worker waits for open streams before it tells the application to shut down, so the
    application has to end them when the signal comes."""
    graceful_end.prepare(worker, worker.asgi.end_streams)
    # docs/decisions/2026-11-26-garbage-collection.md
    gc.collect()
    gc.freeze()


def on_starting(_server):
    logs.configure_master("query_api", os.environ)
