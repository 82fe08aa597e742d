"""When to send what: the spacing of the recording, or none."""

import asyncio
import time

FULL_SPEED = None
Speed = float | None


class Pace:
    """Holds commands back until as long after the first one as they were in the recording."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._begun: tuple[float, int] | None = None

    async def until(self, occurred_at: int) -> None:
        """Wait for the turn of what happened at ``occurred_at`` (microseconds)."""
        if self._speed is FULL_SPEED:
            return
        now = time.monotonic()
        started, first = self._begun = self._begun or (now, occurred_at)
        due = started + (occurred_at - first) / 1_000_000 / self._speed
        await asyncio.sleep(max(0.0, due - now))
