"""The past: what many ask for at once is read once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from query_api.cursor import Cursor
from query_api.feed.archive import Archive, Page
from query_api.feed.odds_filter import OddsFilter
from query_api.stream.past import Past
from tests.changes import place


class CountingArchive:
    def __init__(self) -> None:
        self.reads = 0

    def after(self, cursor: Cursor, _: OddsFilter, *, known: bool) -> Page:
        self.reads += 1
        return Page([], cursor)


def test_those_who_come_back_to_one_place_together_share_what_is_read() -> None:
    archive = CountingArchive()

    async def read(pool: ThreadPoolExecutor) -> None:
        past = Past(cast(Archive, archive), pool)
        for _ in range(2):
            places = [place(1), place(1), place(2), place(1)]
            asked = (past.after(each, OddsFilter(), known=False) for each in places)
            assert [page.end for page in await asyncio.gather(*asked) if page] == places

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(read(pool))
    assert archive.reads == 4
