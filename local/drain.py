"""Waiting until the event bus is empty, since the Pub/Sub emulator forgets all when it stops.

The emulator can't be asked what it still holds, so its pushes are watched in the projector's
access log: once nothing is published any more and pushes have stopped, it holds nothing.
"""

import time
from pathlib import Path

from local.waiting import POLL_SECONDS

ACCESS_LOG_FORMAT = "%(U)s %(s)s"
ACKNOWLEDGED = b"204"
RECENT_BYTES = 20_000

# Pushes follow one another within milliseconds, but one may rightly take seconds to be answered;
# a refused one comes again after its backoff.
QUIET_SECONDS = 5.0
GIVE_UP_SECONDS = 600.0


class Drain:
    """``backoff_seconds`` is the longest that the bus waits before it pushes again."""

    def __init__(self, access_log: Path, push_path: str, backoff_seconds: float) -> None:
        self._access_log = access_log
        self._push = f"{push_path} ".encode()
        self._quiet_after_refusal = backoff_seconds + QUIET_SECONDS

    def wait(self, refused: bool) -> bool:
        """Whether the bus fell silent; ``refused``: some pushes may not have been answered."""
        with self._access_log.open("rb") as log:
            log.seek(max(0, self._access_log.stat().st_size - RECENT_BYTES))
            refused = refused or _any_refused(self._statuses(log.read()))
            start = last_push = time.monotonic()
            while time.monotonic() - last_push < self._quiet_seconds(refused):
                if time.monotonic() - start > GIVE_UP_SECONDS:
                    return False
                time.sleep(POLL_SECONDS)
                if pushes := self._statuses(log.read()):
                    last_push = time.monotonic()
                    refused = refused or _any_refused(pushes)
        return True

    def _quiet_seconds(self, refused: bool) -> float:
        return self._quiet_after_refusal if refused else QUIET_SECONDS

    def _statuses(self, lines: bytes) -> list[bytes]:
        return [
            line.removeprefix(self._push)
            for line in lines.splitlines()
            if line.startswith(self._push)
        ]


def _any_refused(statuses: list[bytes]) -> bool:
    return any(status != ACKNOWLEDGED for status in statuses)
