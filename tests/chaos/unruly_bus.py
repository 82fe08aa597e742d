"""Between the bus and the projector: pushes come twice, late, after newer ones, or are cut off."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import aiohttp
import msgspec
from aiohttp import web

from local.ports import HOST, Ports

TWICE, LATE, HELD_BACK, OLD, CUT = 0.1, 0.2, 0.03, 0.1, 0.03
"""The parts of all pushes that come to grief so."""
LATEST, HELD_BACK_AT_MOST = 0.5, 4.0
"""Seconds."""
REMEMBERED = 500
"""Pushes that may come again though newer ones have come since."""


class _Message(msgspec.Struct, rename="camel"):
    message_id: str


class _Envelope(msgspec.Struct):
    message: _Message


class UnrulyBus:
    """Relays pushes; while ``unruly`` it misbehaves in every way that Pub/Sub may."""

    def __init__(self, projector_url: str, random: Random) -> None:
        self._projector_url = projector_url
        self._random = random
        self.unruly = False
        self.pushed = self.repeated = self.delayed = self.old = self.cut = 0
        self._past: deque[bytes] = deque(maxlen=REMEMBERED)
        self._owing: set[str] = set()

    @property
    def at_rest(self) -> bool:
        """Whether each message that was pushed has been taken: none is held, none comes again."""
        return not self._owing

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Yields the URL to push to."""
        port = Ports.free().projector_port
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(port), loop).result(10)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(runner), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _start(self, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/push", self._push)
        self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        return runner

    async def _stop(self, runner: web.AppRunner) -> None:
        await runner.cleanup()
        await self._client.close()

    async def _push(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.pushed += 1
        message_id = msgspec.json.decode(body, type=_Envelope).message.message_id
        self._owing.add(message_id)
        if self.unruly and self._chance(LATE):
            self.delayed += 1
            await asyncio.sleep(self._random.random() * LATEST)
        if self.unruly and self._chance(HELD_BACK):
            self.delayed += 1
            await asyncio.sleep(self._random.random() * HELD_BACK_AT_MOST)
        if self.unruly and self._past and self._chance(OLD):
            self.old += 1
            await self._relay(self._random.choice(self._past))
        status = await self._relay(body)
        self._past.append(body)
        if self.unruly and self._chance(TWICE):
            self.repeated += 1
            status = await self._relay(body)
        if self.unruly and self._chance(CUT) and request.transport is not None:
            self.cut += 1
            request.transport.abort()
        elif status < 300:
            self._owing.discard(message_id)
        return web.Response(status=status)

    async def _relay(self, body: bytes) -> int:
        headers = {"Content-Type": "application/json"}
        try:
            async with self._client.post(
                self._projector_url + "/push", data=body, headers=headers
            ) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 503

    def _chance(self, part: float) -> bool:
        return self._random.random() < part
