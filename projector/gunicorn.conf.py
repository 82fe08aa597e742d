"""How gunicorn runs the projector: ``gunicorn -c projector/gunicorn.conf.py``."""

import os

wsgi_app = "projector.main:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 16
keepalive = 75
# Cloud Run grants 10 seconds after SIGTERM.
graceful_timeout = 8
