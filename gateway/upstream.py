"""The gateway's side towards the services: one pool of connections to all of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

CONNECT_SECONDS = 5.0
# Below any service's own (5 s), so that a command is never sent on a connection just closing.
IDLE_CONNECTION_SECONDS = 4.0

# What aiohttp would add on its own; the services are to see the client's headers.
NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


@asynccontextmanager
async def open_pool() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections without limit in number or time: a stream may stay open for days."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=NOT_ADDED,
    ) as pool:
        yield pool


class Services:
    """Where each service listens, as the base of its URLs."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._bases = {service: URL(address) for service, address in addresses.items()}

    def url(self, service: str, request_target: URL) -> URL:
        """The service's URL for a request's path and query, encoded as they came."""
        return self._bases[service].join(request_target)
