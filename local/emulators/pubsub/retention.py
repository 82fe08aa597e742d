"""Dropping messages that were kept for long enough, every so often."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from local.emulators.pubsub.bus import Bus

_SECONDS = 60.0
"""The service keeps ten minutes at least (https://cloud.google.com/pubsub/quotas)."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def expiring(bus: Bus) -> AsyncIterator[None]:
    """What the bus keeps, for as long as the context lasts."""
    task = asyncio.create_task(_expire(bus))
    try:
        yield
    finally:
        task.cancel()


async def _expire(bus: Bus) -> None:
    while True:
        await asyncio.sleep(_SECONDS)
        try:
            await bus.expire(time.time_ns() // 1000)
        except sqlite3.Error as error:
            _log.warning("nothing was dropped this time: %r", error)
