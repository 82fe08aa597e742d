"""Coroutines that run side by side."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive


async def first_of(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run them until the first ends, and cancel the others. Raises what that one raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(*tasks)
    for task in ended:
        await task


async def cancel(*tasks: asyncio.Task[None]) -> None:
    """Cancel them and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def has_left(receive: Receive) -> None:
    """Return once the client of a request has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
