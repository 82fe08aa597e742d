"""A service's methods, as Google's own clients call them: by name, with their bare messages.

The clients carry no descriptors of the services, but their transports name each method and its
messages. Bare messages, for the client's wrappers of them cost more than the work on them.
"""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

MessageClass = Any
Methods = dict[str, tuple[MessageClass, MessageClass]]
"""What each method takes and answers."""


def methods(transport: Callable[..., object], service: str) -> Methods:
    """Of the asyncio transport of a client of the service."""
    noted = _Noted()
    transport(channel=noted)
    return {
        path.removeprefix(f"/{service}/"): messages
        for path, messages in noted.methods.items()
        if path.startswith(f"/{service}/")
    }


class _Noted(grpc.aio.Channel):  # type: ignore[misc]
    """Stands where a transport's channel does, and notes what it would call."""

    def __init__(self) -> None:
        self.methods: Methods = {}
        self._unary_unary_interceptors: list[object] = []

    def unary_unary(
        self, path: str, request_serializer: Any, response_deserializer: Any
    ) -> Callable[..., None]:
        if hasattr(request_serializer, "__self__"):  # those of google.iam.v1 are bare functions
            self.methods[path] = (_bare(request_serializer), _bare(response_deserializer))
        return lambda *_: None

    unary_stream = stream_unary = stream_stream = unary_unary

    async def __aenter__(self) -> "_Noted":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def close(self, grace: float | None = None) -> None:
        return None

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return grpc.ChannelConnectivity.IDLE

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        return None

    async def channel_ready(self) -> None:
        return None


def _bare(codec: Any) -> MessageClass:
    message = codec.__self__
    return message.pb() if hasattr(message, "pb") else message
