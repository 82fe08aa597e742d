"""Bodies of pushes."""

from starlette.types import Receive

MAX_BODY = 16 * 1024 * 1024
"""Bytes; a Pub/Sub message has at most 10 MB, which base64 makes a third longer."""


class BodyTooLong(ValueError):
    """More than any push has."""


async def read_body(receive: Receive) -> bytes:
    """Raises BodyTooLong."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY:
            raise BodyTooLong(f"body: is longer than {MAX_BODY} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)
