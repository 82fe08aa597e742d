"""Composition root of the replay service."""

import os

from flask import Flask

from odds import settings
from odds.adapters.guard.settings import guard
from odds.adapters.telemetry import logs
from replayer.app import ReplayApi
from replayer.launcher import JobLauncher, Launcher, ProcessLauncher
from replayer.settings import Settings
from replayer.workshop import Workshop


def create_app() -> Flask:
    """The service as its environment describes it. Raises SettingsError or BadEnvironment."""
    given = settings.read(Settings, os.environ)
    logs.configure("replayer", level=given.log_level, project=given.google_cloud_project)
    workshop = Workshop(given, os.environ)
    return ReplayApi(workshop, _launcher(given, workshop), guard(given)).flask()


def _launcher(given: Settings, workshop: Workshop) -> Launcher:
    if given.replay_job is not None:
        return JobLauncher.with_default_credentials(given.replay_job)
    processes = ProcessLauncher()
    processes.take_up(workshop.replays)
    return processes
