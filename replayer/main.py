"""Composition root of the replay service."""

import os
from concurrent.futures import ThreadPoolExecutor

from starlette.routing import Router

from odds import settings
from odds.adapters.guard.settings import guard
from odds.adapters.http.health import LIVE
from odds.adapters.http.security_headers import SecurityHeaders
from odds.adapters.http.wsgi_bridge import wsgi_bridge
from odds.adapters.telemetry import logs
from replayer.app import ReplayApi
from replayer.launcher import JobLauncher, Launcher, ProcessLauncher
from replayer.settings import Settings
from replayer.workshop import Workshop

THREADS = 8
"""Requests of operators that are answered at a time."""


def create_app() -> SecurityHeaders:
    """The service as its environment describes it. Raises SettingsError or BadEnvironment."""
    given = settings.read(Settings, os.environ)
    logs.configure("replayer", level=given.log_level, project=given.google_cloud_project)
    workshop = Workshop(given, os.environ)
    flask = ReplayApi(workshop, _launcher(given, workshop), guard(given)).flask()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="operator")
    return SecurityHeaders(Router([LIVE], redirect_slashes=False, default=wsgi_bridge(flask, pool)))


def _launcher(given: Settings, workshop: Workshop) -> Launcher:
    if given.replay_job is not None:
        return JobLauncher.with_default_credentials(given.replay_job)
    processes = ProcessLauncher()
    processes.take_up(workshop.replays)
    return processes
