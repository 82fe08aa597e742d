"""``python -m local.emulators.pubsub --port PORT --data FILE [--fast] [--faults]``"""

import argparse
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from local.emulators import faults
from local.emulators.faults import Faults
from local.emulators.pubsub import api
from local.emulators.pubsub.bus import Bus
from local.emulators.pubsub.publisher import PublisherServicer
from local.emulators.pubsub.pusher import pushing
from local.emulators.pubsub.retention import expiring
from local.emulators.pubsub.store import Store
from local.emulators.pubsub.subscriber import SubscriberServicer
from local.emulators.server import Server
from local.emulators.service import Service


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m local.emulators.pubsub")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--data", type=Path, required=True, help="the SQLite file")
    arguments.add_argument("--fast", action="store_true", help="don't wait for the disk")
    arguments.add_argument("--faults", action="store_true", help="do wrong when told to")
    asked = arguments.parse_args()
    uvloop.run(_serve(asked))


async def _serve(asked: argparse.Namespace) -> None:
    server = Server(asked.port)
    hook = Faults(server.cut_connections)
    async with AsyncExitStack() as opened:
        store = Store(asked.data, durable=not asked.fast)
        opened.push_async_callback(store.close)
        bus = Bus(store, await opened.enter_async_context(pushing(hook.meet)))
        await bus.load()
        await opened.enter_async_context(expiring(bus))
        for name, methods, servicer in (
            (api.PUBLISHER, api.publisher_methods(), PublisherServicer(bus)),
            (api.SUBSCRIBER, api.subscriber_methods(), SubscriberServicer(bus)),
        ):
            server.add(Service(name, methods, servicer, hook.meet))
        if asked.faults:
            server.add(faults.handler(hook))
        await server.run()


if __name__ == "__main__":
    main()
