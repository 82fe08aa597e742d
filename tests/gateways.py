"""A gateway in front of small services that are really there, for its tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from gateway import main
from local.ports import free_port

DEADLINE_SECONDS = 60.0


@dataclass
class Upstream:
    """A service that says what it was sent, and streams what it is given."""

    chunks: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int | None = None

    def app(self) -> web.Application:
        app = web.Application(client_max_size=0, handler_args={"auto_decompress": False})
        app.router.add_route("*", "/odds", self.echo)
        app.router.add_route("*", "/odds/{external_id}", self.echo)
        app.router.add_post("/api/graphql", self.stream)
        app.router.add_get("/api/graphql", self.websocket)
        return app

    async def echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        seen = {
            "method": request.method,
            "target": request.path_qs,
            "headers": dict(request.headers),
            "length": len(body),
            "body": body[:100].decode("latin-1"),
        }
        headers = {"Location": "/odds/7", "Keep-Alive": "timeout=5", "X-Kept": "yes"}
        return web.json_response(seen, status=202, headers=headers)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while (chunk := await self.chunks.get()) is not None:
                await response.write(chunk)
        except asyncio.CancelledError:
            self.left.set()
            raise
        assert request.transport is not None
        request.transport.abort()
        return response

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=("graphql-transport-ws",))
        await ws.prepare(request)
        async for message in ws:
            if message.data == "close":
                await ws.close(code=4400, message=b"as asked")
            elif message.type is WSMsgType.TEXT:
                await ws.send_str(f"{ws.ws_protocol} {message.data}")
            else:
                await ws.send_bytes(message.data)
        self.close_code = ws.close_code
        self.left.set()
        return ws


@dataclass
class Running:
    upstream: Upstream
    client: aiohttp.ClientSession
    port: int


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """A gateway with both APIs behind it and no replayer, and a client of it."""
    upstream = Upstream()
    async with serving(upstream.app()) as address:
        nobody = f"http://127.0.0.1:{free_port()}"
        addresses = {"command_api": address, "query_api": address, "replayer": nobody}
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        async with (
            main.serving("127.0.0.1", port, addresses),
            aiohttp.ClientSession(url) as client,
        ):
            yield Running(upstream, client, port)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


def with_gateway(test: Callable[[Running], Awaitable[None]]) -> Callable[[], None]:
    """Run a test as a coroutine that is given a running gateway, within the deadline."""

    async def run() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS), running() as gateway:
            await test(gateway)

    def synchronous() -> None:
        asyncio.run(run())

    synchronous.__name__ = test.__name__
    return synchronous
