"""A gRPC service from the request and response classes of its methods."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
import grpc.aio

from local.emulators.refusal import Refusal, unimplemented

Message = Any
Method = Callable[[Message], Awaitable[Message]]
Around = Callable[[str, Method, Message], Awaitable[Message]]


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Calls the servicer's method of the same name, in snake case, with the bare message.

    One that is an async generator takes and answers a stream. A Refusal is the answer's status.
    ``around`` is given each call to make, and each stream to open, and may do otherwise.
    """

    def __init__(
        self,
        name: str,
        methods: Mapping[str, tuple[Message, Message]],
        servicer: object,
        around: Around,
    ) -> None:
        self._prefix = f"/{name}/"
        self._methods = methods
        self._servicer = servicer
        self._around = around

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if not details.method.startswith(self._prefix):
            return None
        name = details.method.removeprefix(self._prefix)
        method = getattr(self._servicer, _snake_case(name), None)
        if name not in self._methods or method is None:
            return None
        request, response = self._methods[name]
        if inspect.isasyncgenfunction(method):
            return grpc.stream_stream_rpc_method_handler(
                self._streaming(name, method), request.FromString, response.SerializeToString
            )
        return grpc.unary_unary_rpc_method_handler(
            self._answering(name, method), request.FromString, response.SerializeToString
        )

    def _answering(self, name: str, method: Method) -> Any:
        async def answer(request: Message, context: grpc.aio.ServicerContext) -> Message:
            try:
                return await self._around(name, method, request)
            except Refusal as refusal:
                return await context.abort(refusal.code, refusal.message)

        return answer

    def _streaming(
        self, name: str, method: Callable[[AsyncIterator[Message]], AsyncIterator[Message]]
    ) -> Any:
        async def opened(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
            return method(requests)

        async def answer(
            requests: AsyncIterator[Message], context: grpc.aio.ServicerContext
        ) -> AsyncIterator[Message]:
            try:
                async for response in await self._around(name, opened, requests):
                    yield response
            except Refusal as refusal:
                await context.abort(refusal.code, refusal.message)

        return answer


class Lacking(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers UNIMPLEMENTED, by name, to whatever nothing before it has a method for."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        refusal = unimplemented(details.method.removeprefix("/"))

        async def refuse(_: bytes, context: grpc.aio.ServicerContext) -> None:
            await context.abort(refusal.code, refusal.message)

        return grpc.unary_unary_rpc_method_handler(refuse)


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
