"""Starting workers: a Cloud Run job in the cloud, a process beside the service elsewhere."""

import logging
import os
import subprocess
import sys
import threading
import time
from typing import Protocol

import google.auth
from google.auth.transport.requests import AuthorizedSession

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.telemetry.logs import fields
from replayer.replays import Replays

ATTEMPTS = 3
"""How often a worker that died is started again, as the Cloud Run job's max-retries has it."""
_RUN_API = "https://run.googleapis.com/v2"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT = 30.0
_AGAIN = 5.0

_log = logging.getLogger(__name__)


class NotLaunched(Exception):
    """No worker could be started; the replay stays queued and may be resumed."""


class Launcher(Protocol):
    def launch(self, replay_id: str) -> None:
        """Start a worker that runs the replay. Raises NotLaunched."""


def work(replay_id: str) -> tuple[str, ...]:
    """What a worker is called with."""
    return ("work", replay_id)


class ProcessLauncher:
    """Workers are processes, each started again where it dies before its replay is over.

    They end with this one; ``take_up`` lets their replays go on when it is started again.
    """

    def take_up(self, replays: Replays) -> None:
        """Launch, in the background and once Datastore answers, what isn't over yet."""
        threading.Thread(target=self._take_up, args=[replays], name="take-up", daemon=True).start()

    def _take_up(self, replays: Replays) -> None:
        while True:
            try:
                unfinished = [each for each in replays.newest() if not each.state.over]
                break
            except EventStoreUnavailable as error:
                _log.warning("replays not taken up yet", extra=fields(error=str(error)))
                time.sleep(_AGAIN)
        for replay in unfinished:
            self.launch(replay.replay_id)

    def launch(self, replay_id: str) -> None:
        threading.Thread(
            target=self._attend, args=[replay_id], name=f"replay-{replay_id}", daemon=True
        ).start()

    def _attend(self, replay_id: str) -> None:
        for attempt in range(1 + ATTEMPTS):
            with_us = ("--parent", str(os.getpid()))
            command = [sys.executable, "-m", "replayer", *work(replay_id), *with_us]
            worker = subprocess.Popen(command)
            status = worker.wait()
            if status == 0:
                return
            _log.error(
                "replay worker died",
                extra=fields(replay=replay_id, status=status, attempt=attempt),
            )


class JobLauncher:
    """Workers are executions of one Cloud Run job, which starts those that die again
    (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run)."""

    def __init__(self, job: str, session: AuthorizedSession, api: str = _RUN_API) -> None:
        """``job`` is ``projects/…/locations/…/jobs/…``."""
        self._url = f"{api}/{job}:run"
        self._session = session

    @classmethod
    def with_default_credentials(cls, job: str) -> "JobLauncher":
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        return cls(job, AuthorizedSession(credentials))

    def launch(self, replay_id: str) -> None:
        overrides = {"containerOverrides": [{"args": [*work(replay_id)]}]}
        try:
            answer = self._session.post(self._url, json={"overrides": overrides}, timeout=_TIMEOUT)
            answer.raise_for_status()
        except (OSError, google.auth.exceptions.GoogleAuthError) as error:
            raise NotLaunched(f"{self._url}: {error}") from error
