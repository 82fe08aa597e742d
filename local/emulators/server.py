"""Running a server until it is told to stop."""

import asyncio
import signal

import grpc
import grpc.aio

from local.emulators.service import Lacking
from local.ports import HOST

_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A port that another server listens on is an error, not shared with it.
    ("grpc.so_reuseport", 0),
]
_GRACE_SECONDS = 2.0


class Server:
    """Answers on one port; its connections can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._handlers: tuple[grpc.GenericRpcHandler, ...] = ()
        self._cut = asyncio.Event()
        self._stopped = asyncio.Event()

    def cut_connections(self) -> None:
        """All that there are, at once; new ones are taken soon after."""
        self._cut.set()

    def add(self, *handlers: grpc.GenericRpcHandler) -> None:
        self._handlers += handlers

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, self._stopped.set)
        while not self._stopped.is_set():
            self._cut.clear()
            server = grpc.aio.server(options=_OPTIONS)
            server.add_generic_rpc_handlers((*self._handlers, Lacking()))
            server.add_insecure_port(f"{HOST}:{self._port}")
            await server.start()
            await self._told()
            await server.stop(_GRACE_SECONDS if self._stopped.is_set() else None)

    async def _told(self) -> None:
        told = [asyncio.create_task(each.wait()) for each in (self._cut, self._stopped)]
        await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED)
        for each in told:
            each.cancel()
