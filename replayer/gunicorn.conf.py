"""How gunicorn runs the replay service: ``gunicorn -c replayer/gunicorn.conf.py``."""

import os

from odds.adapters.http import graceful_end
from odds.adapters.telemetry import logs

wsgi_app = "replayer.main:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "asgi"
workers = 1
asgi_loop = "uvloop"
asgi_lifespan = "off"
graceful_timeout = graceful_end.GRACEFUL_TIMEOUT
keepalive = 75
control_socket_disable = True  # its path is shared by every gunicorn of a user


def post_worker_init(worker):
    graceful_end.prepare(worker)


def on_starting(_server):
    logs.configure_master("replayer", os.environ)
