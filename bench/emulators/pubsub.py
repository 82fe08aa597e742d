"""``python -m bench.emulators.pubsub``: the table of bench/README.md, our Pub/Sub and Google's."""

import argparse
import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from google.pubsub_v1.types import PublishRequest, PublishResponse

from bench.emulators.server import Server, measured, running
from local.emulators import embedded, google
from local.part import Part
from local.ports import HOST, Ports
from odds.adapters import emulator
from tests.contract.pubsub import clients

IN_FLIGHT = 64
GAMES = 200
_DATA = b"x" * 300
_Request, _Response = PublishRequest.pb(), PublishResponse.pb()


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.emulators.pubsub")
    arguments.add_argument("--messages", type=int, default=4000)
    count = arguments.parse_args().messages
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, make in (("ours", _ours), ("google", _google)):
        with running(make) as server:
            _measure(name, server, count)


def _ours(port: int, data: Path) -> Part:
    return embedded.pubsub_emulator(port, data, durable=True)


def _google(port: int, data: Path) -> Part:
    return google.pubsub_emulator(port)


def _measure(name: str, server: Server, count: int) -> None:
    tell = partial(measured, f"{name:>6}", server)
    pubsub = clients(server.host, "bench")
    pubsub.create("pulled", "pulled")
    publish = partial(_publish, server.host, pubsub.topic("pulled"))
    publish(count // 4, 1, IN_FLIGHT)  # warm
    tell("publish, 1 a request, 64 at once", count, lambda: publish(count, 1, IN_FLIGHT))
    tell("publish, 1 a request, one by one", count // 10, lambda: publish(count // 10, 1, 1))
    tell("publish, 100 a request, 8 at once", count * 5, lambda: publish(count * 5, 100, 8))
    tell("pull and acknowledge, 100 at once", count, lambda: _pull(pubsub, count))
    with _endpoint() as (url, came):
        push = {"push_endpoint": url}
        for ordered in (False, True):
            topic = f"pushed-{ordered}"
            pubsub.create(topic, topic, push_config=push, enable_message_ordering=ordered)
            push_all = partial(_push_all, server.host, pubsub.topic(topic), count, came)
            tell(f"publish and push, {'200 keys' if ordered else 'no order'}", count, push_all)


def _publish(host: str, topic: str, count: int, batch: int, at_once: int) -> None:
    async def all_of_it() -> None:
        async with emulator.aio_channel(host) as channel:
            call = channel.unary_unary(
                "/google.pubsub.v1.Publisher/Publish",
                request_serializer=_Request.SerializeToString,
                response_deserializer=_Response.FromString,
            )
            left = iter(range(count // batch))

            async def one_after_another() -> None:
                for number in left:
                    message = {"data": _DATA, "ordering_key": f"game-{number % GAMES}"}
                    await call(_Request(topic=topic, messages=[message] * batch), timeout=60)

            await asyncio.gather(*(one_after_another() for _ in range(at_once)))

    uvloop.run(all_of_it())


def _pull(pubsub: Any, count: int) -> None:
    while count > 0:
        received = pubsub.pull(100, "pulled")
        pubsub.acknowledge(received, "pulled")
        count -= len(received)


def _push_all(host: str, topic: str, count: int, came: threading.Semaphore) -> None:
    _publish(host, topic, count, 1, IN_FLIGHT)
    for _ in range(count):
        assert came.acquire(timeout=120)


@contextmanager
def _endpoint() -> Iterator[tuple[str, threading.Semaphore]]:
    """Takes pushes at once; yields its URL and what is released for each."""
    came = threading.Semaphore(0)
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def take(request: web.BaseRequest) -> web.Response:
        await request.read()
        came.release()
        return web.Response(status=204)

    async def serve() -> str:
        runner = web.ServerRunner(web.Server(take))
        await runner.setup()
        port = Ports.free().projector_port
        await web.TCPSite(runner, HOST, port).start()
        return f"http://{HOST}:{port}/push"

    try:
        yield asyncio.run_coroutine_threadsafe(serve(), loop).result(10), came
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


if __name__ == "__main__":
    main()
