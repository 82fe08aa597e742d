"""Parcels: changes on their way to all subscribers that asked for the same."""

from collections.abc import Callable, Sequence
from functools import cached_property

from query_api.feed.change import Change

Encode = Callable[[Change], bytes]
"""What a subscriber asked to be told of a change, as JSON."""


class Parcel:
    """Each form of it is made once, however many subscribers it goes to."""

    def __init__(self, changes: Sequence[Change], encode: Encode) -> None:
        self.changes = changes
        self._encode = encode

    @cached_property
    def results(self) -> list[bytes]:
        return [self._encode(change) for change in self.changes]

    @cached_property
    def event_stream(self) -> bytes:
        """As server-sent events; a client that comes again names the last ``id`` that it got."""
        return b"".join(
            b"%sevent: next\ndata: %s\n\n" % (_id_line(change), result)
            for change, result in zip(self.changes, self.results, strict=True)
        )

    @cached_property
    def chunk(self) -> bytes:
        """The server-sent events as one chunk of HTTP/1.1 (RFC 9112, section 7.1)."""
        return http_chunk(self.event_stream)


def http_chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def _id_line(change: Change) -> bytes:
    return b"id: %s\n" % change.cursor.encode() if change.cursor else b""
