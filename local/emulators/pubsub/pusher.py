"""Pushes what a subscription has to give out, while it has a push endpoint."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from local.emulators.pubsub import push_request
from local.emulators.pubsub.leases import Lease
from local.emulators.pubsub.subscription import Subscription
from local.emulators.refusal import Refusal
from local.emulators.service import Around

AT_ONCE = 100
"""Pushes in flight; of each ordering key one."""
ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
_ANSWER_SECONDS = 5.0
"""More than the ack deadline, so that it is the deadline that ends a push."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def pushing(meet: Around) -> AsyncIterator[Callable[[Subscription], None]]:
    """Yields what gives a subscription a pusher of its own; all share one HTTP client."""
    pushers: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as client:

        def follow(subscription: Subscription) -> None:
            pusher = asyncio.create_task(Pusher(subscription, client, meet).run())
            pushers.add(pusher)
            pusher.add_done_callback(pushers.discard)

        try:
            yield follow
        finally:
            for pusher in pushers:
                pusher.cancel()
            await asyncio.gather(*pushers, return_exceptions=True)


class Pusher:
    def __init__(
        self, subscription: Subscription, client: aiohttp.ClientSession, meet: Around
    ) -> None:
        """``meet`` is asked to make each push, as ``Push``."""
        self._subscription = subscription
        self._client = client
        self._meet = meet
        self._pushes: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the subscription is deleted; pushes that are in flight then are cut off."""
        try:
            while not self._subscription.deleted:
                self._push_on()
                await self._subscription.changed()
        finally:
            for push in self._pushes:
                push.cancel()

    def _push_on(self) -> None:
        config = self._subscription.config
        seconds = config.ack_deadline_seconds + _ANSWER_SECONDS
        while config.push_config.push_endpoint and len(self._pushes) < AT_ONCE:
            leases = self._subscription.lease(1, 1, seconds)
            if not leases:
                return
            push = asyncio.create_task(self._push(leases[0]))
            self._pushes.add(push)
            push.add_done_callback(self._ended)

    def _ended(self, push: "asyncio.Task[None]") -> None:
        self._pushes.discard(push)
        if not push.cancelled():
            self._push_on()

    async def _push(self, lease: Lease) -> None:
        if await self._acknowledged(lease):
            self._subscription.acknowledge([lease.receipt])
        else:
            self._subscription.prolong([lease.receipt], 0)

    async def _acknowledged(self, lease: Lease) -> bool:
        try:
            status: int = await self._meet("Push", self._send, lease)
        except (aiohttp.ClientError, TimeoutError, ValueError, Refusal) as error:
            _log.info("push of %s: %r", lease.delivery.message.id, error)
            return False
        return status in ACKNOWLEDGED

    async def _send(self, lease: Lease) -> int:
        config = self._subscription.config
        request = self._request(lease, config)
        async with self._client.post(
            config.push_config.push_endpoint,
            data=request.body,
            headers=request.headers,
            timeout=aiohttp.ClientTimeout(total=config.ack_deadline_seconds),
            allow_redirects=False,
        ) as answer:
            return answer.status

    def _request(self, lease: Lease, config: Any) -> push_request.PushRequest:
        message = lease.delivery.message
        if config.push_config.HasField("no_wrapper"):
            with_metadata = config.push_config.no_wrapper.write_metadata
            return push_request.unwrapped(message, config.name, with_metadata)
        attempt = self._subscription.delivery_attempt(lease.delivery)
        return push_request.wrapped(message, config.name, attempt)
