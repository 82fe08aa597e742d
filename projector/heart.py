"""The projector's sign of life in the read model.

Readers can't tell a quiet market from a projector that is gone, or whose event store is; by this
they can.
"""

import asyncio
import logging
from collections.abc import Callable

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.read_model.read_model import ReadModelUnavailable
from odds.adapters.telemetry.logs import fields

SECONDS = 2.0
"""Between beats; several projectors may beat."""

_log = logging.getLogger(__name__)


async def beat(once: Callable[[], None]) -> None:
    """Beat for ever, each beat after the last, however slow that was; one that fails is told and
    left out, for the silence is what tells."""
    while True:
        try:
            await asyncio.to_thread(once)
        except (EventStoreUnavailable, ReadModelUnavailable) as error:
            _log.warning("heartbeat failed", extra=fields(error=str(error)))
        await asyncio.sleep(SECONDS)
