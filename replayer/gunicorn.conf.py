"""How gunicorn runs the replay service: ``gunicorn -c replayer/gunicorn.conf.py``."""

import os

wsgi_app = "replayer.main:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "gthread"
workers = 1
threads = 8
keepalive = 75
# Cloud Run grants 10 seconds after SIGTERM.
graceful_timeout = 8
