"""Requests as no polite client sends them, to the gateway and to services that are there."""

import asyncio
import gzip
import json
import zlib
from typing import Any
from uuid import UUID

import pytest

from tests.gateways import Running, with_gateway

COMPRESSED = {"gzip": gzip.compress(b"{}"), "deflate": zlib.compress(b"{}"), "br": b"no brotli"}


async def sent(gateway: Running, request: bytes) -> tuple[bytes, dict[str, Any]]:
    """The head and the body of the answer to these bytes, which must be JSON."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request)
    head, body = (await reader.read()).rsplit(b"\r\n\r\n", 1)
    writer.close()
    assert b"content-type: application/json" in head.lower(), head + body
    return head, json.loads(body)


def get(target: bytes, *headers: bytes) -> bytes:
    lines = (b"GET " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"\r\n")
    return b"\r\n".join(lines)


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_a_compressed_body_reaches_its_service_as_it_was_sent(encoding: str) -> None:
    @with_gateway
    async def post(gateway: Running) -> None:
        body, headers = COMPRESSED[encoding], {"Content-Encoding": encoding}
        async with gateway.client.post("/odds", data=body, headers=headers) as answer:
            seen = await answer.json()
        assert seen["body"].encode("latin-1") == body
        assert seen["headers"]["Content-Encoding"] == encoding
        assert seen["headers"]["Content-Length"] == str(len(body))

    post()


@pytest.mark.parametrize("target", ["/odds/%0a", "/odds/%00%0A"])
def test_a_line_break_in_a_path_is_passed_on(target: str) -> None:
    @with_gateway
    async def ask(gateway: Running) -> None:
        _, seen = await sent(gateway, get(target.encode()))
        assert seen["target"].upper() == target.upper()

    ask()


REFUSED = {
    "an unknown path with a line break": (get(b"/nothing%0a"), 404),
    "a RequestID that is no text": (get(b"/nothing", b"X-Request-ID: \xff"), 404),
    "a path that is no text": (get(b"/odds/\xff"), 400),
    "no path": (get(b"*"), 400),
    "no HTTP": (b"what is this\r\n\r\n", 400),
    "an impossible length": (get(b"/odds", b"Content-Length: -1"), 400),
    "no header": (get(b"/odds", b"no header"), 400),
    "too long a header": (get(b"/odds", b"X-Long: " + 10_000 * b"x"), 400),
    "half a WebSocket handshake": (get(b"/api/graphql", b"Upgrade: websocket"), 400),
}


@pytest.mark.parametrize(("request_bytes", "status"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_is_refused_is_told_so_in_json(request_bytes: bytes, status: int) -> None:
    @with_gateway
    async def ask(gateway: Running) -> None:
        head, body = await sent(gateway, request_bytes)
        assert int(head.split()[1]) == status, body
        assert body["Status"] == "fail"
        assert body["Msg"]
        assert UUID(body["RequestID"])

    ask()


@with_gateway
async def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(gateway: Running) -> None:
    async with gateway.client.post("/odds", data=b"{}", expect100=True) as answer:
        assert (await answer.json())["body"] == "{}"
