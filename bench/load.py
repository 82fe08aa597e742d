"""A load client that costs little itself: HTTP/1.1 over bare asyncio streams, kept alive."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop


class Request(NamedTuple):
    method: str
    path: str
    body: bytes


class Result(NamedTuple):
    """``p50`` and ``p99`` are in milliseconds."""

    per_second: float
    p50: float
    p99: float


def drive(url: str, requests: Sequence[Request], *, in_flight: int, expected: int) -> Result:
    """Send all requests, ``in_flight`` at a time. Raises RuntimeError at an unexpected status."""
    return uvloop.run(_drive(url, requests, in_flight, expected))


async def _drive(url: str, requests: Sequence[Request], in_flight: int, expected: int) -> Result:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    heads = [_head(host, request) + request.body for request in requests]
    rest = iter(heads)
    seconds: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(in_flight):
            clients.create_task(_client(host, port, rest, seconds, b" %d " % expected))
    took = time.perf_counter() - began
    seconds.sort()
    p50, p99 = (seconds[int(len(seconds) * part)] * 1000 for part in (0.5, 0.99))
    return Result(len(requests) / took, p50, p99)


async def _client(
    host: str, port: int, rest: Iterator[bytes], seconds: list[float], status: bytes
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in rest:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        seconds.append(time.perf_counter() - began)
        if status not in head[:14]:
            raise RuntimeError((head + body).decode(errors="replace"))
    writer.close()
    await writer.wait_closed()


def _head(host: str, request: Request) -> bytes:
    lines = (
        f"{request.method} {request.path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(request.body)}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
