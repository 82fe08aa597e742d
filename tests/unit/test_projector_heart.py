"""The heartbeat: what a beat that fails does to those after it."""

import asyncio

import pytest

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.read_model.read_model import ReadModelUnavailable
from projector import heart


@pytest.mark.parametrize("away", [EventStoreUnavailable("away"), ReadModelUnavailable("away")])
def test_the_heart_beats_on_when_a_store_is_back(
    away: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "SECONDS", 0.0)
    failures = [away, away]
    beaten = asyncio.Event()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        def once() -> None:
            if failures:
                raise failures.pop()
            loop.call_soon_threadsafe(beaten.set)

        beating = asyncio.create_task(heart.beat(once))
        await beaten.wait()
        beating.cancel()

    asyncio.run(asyncio.wait_for(scenario(), 10))
