"""google.pubsub.v1.Subscriber."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types

from local.emulators.pubsub import configs, limits, names
from local.emulators.pubsub.bus import Bus
from local.emulators.pubsub.paging import page
from local.emulators.pubsub.received import MAX_BYTES, received
from local.emulators.pubsub.streaming_pull import StreamingPull
from local.emulators.refusal import invalid, not_found, unimplemented

_ListSubscriptionsResponse = types.ListSubscriptionsResponse.pb()
_PullResponse = types.PullResponse.pb()
_SeekResponse = types.SeekResponse.pb()
_LONGEST_PULL_SECONDS = 90.0

Message = Any


class SubscriberServicer:
    """Its methods take and return bare messages of the API, and raise Refusal."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def create_subscription(self, request: Message) -> Message:
        config = configs.new_subscription(request)
        await self._bus.create_subscription(config)
        return config

    async def get_subscription(self, request: Message) -> Message:
        return self._bus.subscription(names.check("subscriptions", request.subscription)).config

    async def update_subscription(self, request: Message) -> Message:
        subscription = self._bus.subscription(request.subscription.name)
        asked = request.subscription
        config = configs.changed(subscription.config, asked, request.update_mask)
        await self._bus.change_subscription(subscription, config)
        return config

    async def modify_push_config(self, request: Message) -> Message:
        subscription = self._bus.subscription(request.subscription)
        config = configs.with_push_config(subscription.config, request.push_config)
        await self._bus.change_subscription(subscription, config)
        return Empty()

    async def list_subscriptions(self, request: Message) -> Message:
        known = self._bus.subscriptions
        of_project = (each for each in known if names.project(each) == request.project)
        listed, token = page(of_project, request.page_size, request.page_token)
        subscriptions = [known[name].config for name in listed]
        return _ListSubscriptionsResponse(subscriptions=subscriptions, next_page_token=token)

    async def delete_subscription(self, request: Message) -> Message:
        await self._bus.delete_subscription(request.subscription)
        return Empty()

    async def pull(self, request: Message) -> Message:
        subscription = self._bus.subscription(request.subscription)
        if request.max_messages <= 0:
            raise invalid(
                "The value for max_messages is too small. You passed "
                f"{request.max_messages}; expected more than 0."
            )
        seconds = subscription.config.ack_deadline_seconds
        deadline = asyncio.get_running_loop().time() + _LONGEST_PULL_SECONDS
        while not subscription.deleted:
            leases = subscription.lease(request.max_messages, MAX_BYTES, seconds)
            if leases or request.return_immediately:
                return _PullResponse(received_messages=received(subscription, leases))
            try:
                async with asyncio.timeout_at(deadline):
                    await subscription.changed()
            except TimeoutError:
                return _PullResponse()
        raise not_found(request.subscription)

    async def streaming_pull(self, requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
        first = await anext(requests)
        stream = StreamingPull(self._bus.subscription(first.subscription), first)
        stream.take(first)
        async for response in stream.responses(requests):
            yield response

    async def acknowledge(self, request: Message) -> Message:
        self._bus.subscription(request.subscription).acknowledge(request.ack_ids)
        return Empty()

    async def modify_ack_deadline(self, request: Message) -> Message:
        seconds = request.ack_deadline_seconds
        limits.check_extension("ack_deadline_seconds", seconds)
        self._bus.subscription(request.subscription).prolong(request.ack_ids, seconds)
        return Empty()

    async def seek(self, request: Message) -> Message:
        subscription = self._bus.subscription(request.subscription)
        if not request.HasField("time"):
            raise unimplemented("SeekRequest.snapshot")
        await self._bus.seek(subscription, request.time.ToMicroseconds())
        return _SeekResponse()
