"""One HTTP request passed on to a service, and its answer passed back, both as they come."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from gateway import errors
from gateway.headers import EXPECT, REQUEST_ID, end_to_end, for_service

# Bodies this small are passed on in one piece, which is several times cheaper than streaming.
SMALL_BODY_BYTES = 65536


class HttpRelay:
    def __init__(self, pool: aiohttp.ClientSession) -> None:
        self._pool = pool

    async def pass_on(
        self, request: web.BaseRequest, service: str, url: URL, request_id: str
    ) -> web.StreamResponse:
        """The service's answer; 503 where it takes no connection, 502 where it breaks off.

        When the client goes away this is cancelled, which closes the service's connection too.
        """
        try:
            async with self._pool.request(
                request.method,
                url,
                headers=for_service(request, request_id),
                data=await _body(request),
                allow_redirects=False,
            ) as answer:
                return await _pass_back(answer, request, request_id)
        except aiohttp.ClientConnectorError:
            return errors.not_running(service, request_id)
        except aiohttp.ClientError:
            return errors.broke_off(service, request_id)


async def _body(request: web.BaseRequest) -> bytes | AsyncIterator[bytes] | None:
    if not request.can_read_body:
        return None
    await _invite_body(request)
    if request.content_length is not None and request.content_length <= SMALL_BODY_BYTES:
        return await request.read()
    return request.content.iter_any()


async def _invite_body(request: web.BaseRequest) -> None:
    """Answer ``Expect: 100-continue`` (RFC 9110, section 10.1.1): curl waits with a long body."""
    if request.headers.get(EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


async def _pass_back(
    answer: aiohttp.ClientResponse, request: web.BaseRequest, request_id: str
) -> web.StreamResponse:
    headers = end_to_end(answer.headers)
    headers.setdefault(REQUEST_ID, request_id)
    length = answer.content_length
    if request.method != "HEAD" and length is not None and length <= SMALL_BODY_BYTES:
        body = await answer.read()
        return web.Response(status=answer.status, reason=answer.reason, headers=headers, body=body)
    return await _stream_back(answer, request, headers)


async def _stream_back(
    answer: aiohttp.ClientResponse, request: web.BaseRequest, headers: CIMultiDict[str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except aiohttp.ClientError:
        _break_off(request)
    return response


def _break_off(request: web.BaseRequest) -> None:
    """Half an answer must not look like a whole one: end the connection, not the body."""
    if request.transport is not None:
        request.transport.abort()
