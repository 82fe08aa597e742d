"""How gunicorn runs the projector: ``gunicorn -c projector/gunicorn.conf.py``."""

import gc
import os

from odds.adapters.http import graceful_end
from odds.adapters.telemetry import logs

wsgi_app = "projector.main:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "asgi"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
asgi_loop = "uvloop"
asgi_lifespan = "on"
reuse_port = workers > 1
graceful_timeout = graceful_end.GRACEFUL_TIMEOUT
keepalive = 75
control_socket_disable = True  # its path is shared by every gunicorn of a user


def post_worker_init(worker):
    graceful_end.prepare(worker, worker.asgi.end)
    # docs/decisions/2026-11-26-garbage-collection.md
    gc.collect()
    gc.freeze()


def on_starting(_server):
    logs.configure_master("projector", os.environ)
