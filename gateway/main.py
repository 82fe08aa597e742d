"""Runs the gateway: ``python -m gateway.main``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web

from gateway.app import Gateway
from gateway.routes import RoutingTable
from gateway.server import Server
from gateway.upstream import Services, open_pool
from odds import settings
from odds.settings import Port

ROUTES = Path(__file__).with_name("routes.yaml")
# Streams never end by themselves, so waiting longer for them would gain nothing.
SHUTDOWN_SECONDS = 1.0


class Settings(msgspec.Struct, frozen=True):
    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    command_api_port: Port = 8081
    query_api_port: Port = 8082
    replayer_port: Port = 8084

    def addresses(self) -> dict[str, str]:
        ports = {
            "command_api": self.command_api_port,
            "query_api": self.query_api_port,
            "replayer": self.replayer_port,
        }
        return {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}


@asynccontextmanager
async def serving(host: str, port: int, addresses: Mapping[str, str]) -> AsyncIterator[None]:
    """A gateway that listens, for services at these base URLs. Raises OSError."""
    async with open_pool() as pool:
        gateway = Gateway(RoutingTable.load(ROUTES), Services(addresses), pool)
        runner = web.ServerRunner(Server(gateway.answer), shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield
        finally:
            await runner.cleanup()


async def run(given: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serving(given.gateway_host, given.gateway_port, given.addresses()):
        await stopped.wait()


def main() -> None:
    try:
        given = settings.read(Settings, os.environ)
        uvloop.run(run(given))
    except (settings.SettingsError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
