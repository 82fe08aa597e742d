"""A command API to feed: a real HTTP server whose answers a test decides."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Reply = Callable[[str, dict[str, Any]], Awaitable[web.Response | None]]
"""(method, body) -> what to answer; None accepts."""


async def accept(_method: str, _body: dict[str, Any]) -> None:
    return None


@dataclass
class FeederApi:
    """``taken`` holds (method, path, body) of the accepted commands in their order."""

    reply: Reply = accept
    url: str = ""
    requests: int = 0
    at_once: int = 0
    most_at_once: int = 0
    connections: set[int] = field(default_factory=set)
    taken: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def verbs(self) -> list[str]:
        return [body["Command"] for _, _, body in self.taken]

    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/health/live":
            return web.Response(status=404)
        self.requests += 1
        self.connections.add(id(request.transport))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        refusal = await self.reply(request.method, body)
        if refusal is not None:
            return refusal
        self.taken.append((request.method, request.path, body))
        return web.json_response(
            {"RequestID": body["RequestID"], "ExternalID": f"id-{body['RequestID']}"}, status=202
        )


@contextmanager
def served(api: FeederApi) -> Iterator[FeederApi]:
    """Serve on a free port, in a thread of its own, until the block ends."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(_app(api), handler_cancellation=True, shutdown_timeout=0.1)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        api.url = asyncio.run_coroutine_threadsafe(_listen(runner), loop).result(10)
        yield api
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _app(api: FeederApi) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    return app


async def _listen(runner: web.AppRunner) -> str:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
