"""Sinks: where a subscriber's changes leave the process."""

import time
from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

from starlette.types import Receive

from query_api.cursor import Cursor
from query_api.stream.parcel import Parcel
from query_api.stream.tally import Tally

UNSENT_LIMIT = 16 * 1024
"""Bytes that may wait in a transport for a client that counts as keeping up."""


@runtime_checkable
class Transport(Protocol):
    """What is needed of an asyncio.WriteTransport; uvloop's is none by name."""

    def write(self, data: bytes) -> None: ...

    def is_closing(self) -> bool: ...

    def get_write_buffer_size(self) -> int: ...


class Sink(ABC):
    """``send`` is the server's own way, and waits for a slow client. Where the server's transport
    can be had, ``write`` hands it the same bytes at a fraction of the cost, and never waits."""

    transport: Transport | None = None

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self.delivered = 0
        """Changes."""
        self.sent_at = time.monotonic()
        """When the client was last sent something, other than by ``write``."""

    @property
    def ready(self) -> bool:
        """Whether the transport is there, and would not let a parcel lie."""
        transport = self.transport
        return (
            transport is not None
            and not transport.is_closing()
            and transport.get_write_buffer_size() <= UNSENT_LIMIT
        )

    async def send(self, parcel: Parcel) -> None:
        await self._send(parcel)
        self.sent_at = time.monotonic()
        self._count(parcel)
        self._tally.conflated += sum(change.conflated for change in parcel.changes)

    def write(self, parcel: Parcel) -> None:
        """For changes as they come, which are never conflated."""
        self._write(self._written(parcel))
        self._count(parcel)

    async def beat(self, at: Cursor | None) -> None:
        """Send a sign of life that tells the client where it stands, so that it goes on from there
        though no change has come; not every protocol can."""
        await self._send_beat(at)
        self.sent_at = time.monotonic()

    @abstractmethod
    def write_beat(self, at: Cursor) -> None:
        """Write what ``beat`` sends."""

    @abstractmethod
    async def _send_beat(self, at: Cursor | None) -> None: ...

    @abstractmethod
    async def _send(self, parcel: Parcel) -> None: ...

    @abstractmethod
    def _written(self, parcel: Parcel) -> bytes:
        """The bytes that ``_send`` comes to."""

    def _count(self, parcel: Parcel) -> None:
        self.delivered += len(parcel.changes)
        self._tally.changes += len(parcel.changes)

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)


def transport_of(receive: Receive) -> Transport | None:
    """The transport of the connection that ``receive`` belongs to.

    ASGI has no name for it. gunicorn and uvicorn both give out a method of an object that has it,
    or whose protocol has it; with any other server the answer is None.
    """
    owner = getattr(receive, "__self__", None)
    for holder in (owner, getattr(owner, "protocol", None)):
        transport = getattr(holder, "transport", None)
        if isinstance(transport, Transport):
            return transport
    return None
