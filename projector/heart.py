"""The projector's sign of life in the read model.

Readers can't tell a quiet market from a projector that is gone; by this they can.
"""

import asyncio
import logging
from collections.abc import Callable

from odds.adapters.read_model.read_model import ReadModelUnavailable
from odds.adapters.telemetry.logs import fields

SECONDS = 2.0
"""Between beats; several projectors may beat."""

_log = logging.getLogger(__name__)


async def beat(once: Callable[[], None]) -> None:
    """Beat for ever; a beat that fails is told and left out, for the silence is what tells."""
    while True:
        try:
            await asyncio.to_thread(once)
        except ReadModelUnavailable as error:
            _log.warning("heartbeat failed", extra=fields(error=str(error)))
        await asyncio.sleep(SECONDS)
