"""Pub/Sub's Publish, called from an event loop."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

import grpc
import grpc.aio
from google.api_core.exceptions import RetryError
from google.api_core.retry import AsyncRetry
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.types import PublishRequest, PublishResponse, PubsubMessage

from odds.adapters import emulator, grpc_options

_METHOD = "/google.pubsub.v1.Publisher/Publish"
_Request, _Response = PublishRequest.pb(), PublishResponse.pb()

_TRANSIENT = {
    # Those that Pub/Sub's own clients repeat a Publish after.
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
}


class PublishFailed(Exception):
    """Pub/Sub did not confirm the messages in time, or refused them."""


class MessageRefused(PublishFailed):
    """Pub/Sub will never take one of the messages, and took none of them."""


class PublishCall:
    """The call, of the emulator where there is one, else of the service; it connects when first
    made.

    PublisherAsyncClient calls the same method, at half as much processor time again.
    """

    def __init__(self, emulator_host: str | None) -> None:
        self._emulator_host = emulator_host

    async def __call__(
        self, topic: str, messages: Sequence[PubsubMessage], deadline: float
    ) -> None:
        """Return once Pub/Sub durably has the messages, which are of one ordering key.

        Repeated after what may pass, with a growing delay of random length, until ``deadline``
        (seconds of the event loop's clock). Nothing is sent after it. Raises PublishFailed or
        MessageRefused, or CancelledError where ``close`` came between.
        """
        now = asyncio.get_running_loop().time
        request = _Request(topic=topic, messages=messages)
        # Pub/Sub routes a request by this header (https://google.aip.dev/client-libraries/4222).
        metadata = (("x-goog-request-params", f"topic={quote(topic)}"),)

        async def attempt() -> None:
            await self._method(request, timeout=deadline - now(), metadata=metadata)

        retry = AsyncRetry(_is_transient, initial=0.05, maximum=1.0, timeout=deadline - now())
        try:
            await retry(attempt)()
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, RetryError) as error:
            failure = MessageRefused if _is_of_a_message(error) else PublishFailed
            raise failure(f"{topic}: {error}") from error

    async def close(self) -> None:
        await self._channel.close()

    @cached_property
    def _channel(self) -> Any:
        if self._emulator_host is not None:
            return emulator.aio_channel(self._emulator_host)
        return PublisherGrpcAsyncIOTransport.create_channel(options=grpc_options.SERVICE)

    @cached_property
    def _method(self) -> Any:
        return self._channel.unary_unary(
            _METHOD,
            request_serializer=_Request.SerializeToString,
            response_deserializer=_Response.FromString,
        )


def _is_transient(error: Exception) -> bool:
    return isinstance(error, grpc.aio.AioRpcError) and error.code() in _TRANSIENT


def _is_of_a_message(error: Exception) -> bool:
    code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
    return code is grpc.StatusCode.INVALID_ARGUMENT
