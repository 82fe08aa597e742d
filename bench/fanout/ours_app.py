"""The query service, its feed what is POSTed to /publish in place of the change log."""

import asyncio
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from odds import settings
from odds.adapters.telemetry.observe import observe
from odds.adapters.telemetry.telemetry import Telemetry
from query_api.cursor import Cursor
from query_api.feed.change import Change
from query_api.feed.feed import Feed, Follower
from query_api.main import query_application
from query_api.settings import Settings

GENERATION = "0123456789ab"


class PublishedFeed(Feed):
    """Its thread tells the follower what it is given, as the reader of the log does."""

    started = current = True
    behind = 0.0

    def __init__(self) -> None:
        super().__init__("", 0)
        self._reader = ThreadPoolExecutor(1)
        self._follower: Follower | None = None

    def start(self, follower: Follower) -> None:
        self._follower = follower
        self._reader.submit(follower.begin, Cursor(GENERATION, 0, 1))

    def stop(self) -> None:
        self._reader.shutdown()

    async def publish(self, changes: Sequence[Change]) -> None:
        """Return once every reader that keeps up has them."""
        assert self._follower is not None
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._reader, self._follower.publish, changes)


class PublishingApplication:
    """The service, and the way in for what it is to stream."""

    def __init__(self, given: Settings, told: Telemetry) -> None:
        self._feed = PublishedFeed()
        self._service = query_application(given, self._feed, told)
        self._numbers = count(1)
        self.end_streams = self._service.end_streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/publish":
            given = json.loads(await Request(scope, receive).body())
            await self._feed.publish([self._change(each) for each in given])
            await Response()(scope, receive, send)
        else:
            await self._service(scope, receive, send)

    def _change(self, given: dict[str, Any]) -> Change:
        return Change(
            place=Cursor(GENERATION, next(self._numbers), 1),
            event_id=UUID(int=0),
            published_at=int(given["published_at"] * 1e6),
            created_at=int(given["created_at"] * 1e6),
            updated_at=int(given["updated_at"] * 1e6),
            id=int(given["id"]),
            external_id=UUID(given["external_id"]),
            provider="bench",
            game_id=given["game_id"],
            game_type="soccer",
            deleted=False,
            **given["moneyline"],
        )


def create_app() -> PublishingApplication:
    given = settings.read(Settings, os.environ)
    return PublishingApplication(given, observe("query_api", given))
