"""HTTP and streams through the gateway, to services that are really there."""

from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest

from tests.gateways import Running, with_gateway


@with_gateway
async def test_a_request_reaches_its_service_as_it_was_sent(gateway: Running) -> None:
    sent = {"X-Request-ID": "r-1", "Content-Type": "application/json", "User-Agent": "me"}
    async with gateway.client.patch("/odds/a%2Fb?q=%20x", data=b"{}", headers=sent) as answer:
        seen = await answer.json()
    assert (seen["method"], seen["target"], seen["body"]) == ("PATCH", "/odds/a%2Fb?q=%20x", "{}")
    assert {name: seen["headers"][name] for name in sent} == sent


@with_gateway
async def test_the_answer_comes_back_as_the_service_gave_it(gateway: Running) -> None:
    async with gateway.client.post("/odds", data=b"{}") as answer:
        assert answer.status == 202
        assert answer.headers["Location"] == "/odds/7"
        assert answer.headers["X-Kept"] == "yes"
        assert "Keep-Alive" not in answer.headers


@with_gateway
async def test_the_service_learns_who_asked_and_how(gateway: Running) -> None:
    async with gateway.client.post("/odds", headers={"X-Forwarded-For": "10.0.0.9"}) as answer:
        seen = (await answer.json())["headers"]
    assert seen["X-Forwarded-For"] == "10.0.0.9, 127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"
    assert seen["X-Forwarded-Host"] == seen["Host"]


@with_gateway
async def test_a_request_without_an_id_is_given_one_which_the_client_learns(
    gateway: Running,
) -> None:
    async with gateway.client.post("/odds") as answer:
        seen = (await answer.json())["headers"]
        assert seen["X-Request-ID"] == answer.headers["X-Request-ID"] != ""


@with_gateway
async def test_an_id_that_no_service_would_use_is_replaced_for_all(gateway: Running) -> None:
    headers = {"X-Request-ID": "r" * 129}
    async with gateway.client.post("/odds", headers=headers) as answer:
        seen = (await answer.json())["headers"]
        assert seen["X-Request-ID"] == answer.headers["X-Request-ID"] != headers["X-Request-ID"]


@with_gateway
async def test_headers_of_the_connection_go_no_further(gateway: Running) -> None:
    headers = {"Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers"}
    async with gateway.client.post("/odds", headers=headers) as answer:
        seen = (await answer.json())["headers"]
    assert not {"X-Mine", "TE", "Connection"} & seen.keys()


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 5_000_000])
def test_a_body_of_any_size_arrives_whole(size: int) -> None:
    @with_gateway
    async def post(gateway: Running) -> None:
        async with gateway.client.post("/odds", data=BytesIO(b"x" * size)) as answer:
            assert (await answer.json())["length"] == size

    post()


@with_gateway
async def test_a_body_of_unknown_length_stays_one(gateway: Running) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with gateway.client.post("/odds", data=body()) as answer:
        seen = await answer.json()
    assert seen["body"] == "one two"
    assert "Content-Length" not in seen["headers"]


@with_gateway
async def test_head_says_the_length_and_sends_no_body(gateway: Running) -> None:
    async with gateway.client.head("/odds") as answer:
        assert answer.status == 202
        assert int(answer.headers["Content-Length"]) > 0
        assert await answer.read() == b""


@with_gateway
async def test_a_stream_arrives_chunk_by_chunk(gateway: Running) -> None:
    async with gateway.client.post("/api/graphql", data=b"{}") as answer:
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            gateway.upstream.chunks.put_nowait(event)
            assert await answer.content.readexactly(len(event)) == event


@with_gateway
async def test_a_client_that_leaves_its_stream_leaves_the_service_too(gateway: Running) -> None:
    answer = await gateway.client.post("/api/graphql", data=b"{}")
    answer.close()
    await gateway.upstream.left.wait()


@with_gateway
async def test_a_stream_that_the_service_breaks_off_never_looks_whole(gateway: Running) -> None:
    async with gateway.client.post("/api/graphql", data=b"{}") as answer:
        gateway.upstream.chunks.put_nowait(b"data: 1\n\n")
        await answer.content.readany()
        gateway.upstream.chunks.put_nowait(None)
        with pytest.raises(aiohttp.ClientError):
            await answer.content.readany()


@with_gateway
async def test_a_service_that_is_not_running_is_named(gateway: Running) -> None:
    async with gateway.client.get("/replay/7", headers={"X-Request-ID": "r-2"}) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        body = await answer.json()
    assert (body["RequestID"], body["Status"]) == ("r-2", "fail")
    assert "replayer is not running" in body["Msg"]


@with_gateway
async def test_an_unknown_path_is_404_and_a_wrong_method_405(gateway: Running) -> None:
    async with gateway.client.get("/nothing") as answer:
        assert answer.status == 404
        assert "/nothing" in (await answer.json())["Msg"]
    async with gateway.client.put("/odds") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
