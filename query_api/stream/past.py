"""What the journal does not have: changes of long ago, and images of all odds."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from query_api.cursor import Cursor
from query_api.feed.archive import Archive, Image, Page
from query_api.feed.odds_filter import OddsFilter

IMAGE_LASTS = 1.0
"""Seconds for which whoever needs the same image gets the same one: the changes since follow."""

T = TypeVar("T")


class Past:
    """Reads the archive beside the event loop."""

    def __init__(self, archive: Archive, pool: Executor) -> None:
        self._archive = archive
        self._pool = pool
        self._pages: dict[tuple[Cursor, OddsFilter, bool], asyncio.Task[Page | None]] = {}
        self._images: dict[tuple[OddsFilter, str], asyncio.Task[Image]] = {}

    async def after(self, cursor: Cursor, odds_filter: OddsFilter, *, known: bool) -> Page | None:
        """See Archive.after. Those who come back from the same place at the same time, as the
        readers of an instance that ended do, share what is read."""
        key = (cursor, odds_filter, known)
        reading = self._pages.get(key)
        if reading is None:
            read = self._read(lambda: self._archive.after(cursor, odds_filter, known=known))
            reading = self._pages[key] = asyncio.create_task(read)
            reading.add_done_callback(lambda _: self._pages.pop(key))
        return await asyncio.shield(reading)

    async def image(self, odds_filter: OddsFilter, generation: str) -> Image:
        """The odds as they were within the last moment, though maybe of another generation."""
        key = (odds_filter, generation)
        reading = self._images.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(lambda: self._archive.image(odds_filter)))
            self._images[key] = reading
            loop = asyncio.get_running_loop()
            reading.add_done_callback(
                lambda _: loop.call_later(IMAGE_LASTS, self._images.pop, key, None)
            )
        return await asyncio.shield(reading)

    async def _read(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, read)
