"""Runs the gateway: ``python -m gateway.main``."""

import asyncio
import os
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web

from gateway.app import create_app
from gateway.routes import RoutingTable
from odds import settings

ROUTES = Path(__file__).with_name("routes.yaml")
# Streams never end by themselves, so waiting longer for them would gain nothing.
SHUTDOWN_SECONDS = 1.0


class Settings(msgspec.Struct, frozen=True):
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 8080
    command_api_port: int = 8081
    query_api_port: int = 8082
    replayer_port: int = 8084

    def addresses(self) -> dict[str, str]:
        ports = {
            "command_api": self.command_api_port,
            "query_api": self.query_api_port,
            "replayer": self.replayer_port,
        }
        return {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}


def main() -> None:
    read = settings.read(Settings, os.environ)
    app = create_app(RoutingTable.load(ROUTES), read.addresses())
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(
        app,
        host=read.gateway_host,
        port=read.gateway_port,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main()
