"""One client's connection by graphql-transport-ws: queries, and several subscriptions at once."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from query_api.graphql import messages
from query_api.graphql.context import Context
from query_api.graphql.executor import Executor, RefusedOperation, Result
from query_api.graphql.messages import ProtocolViolation
from query_api.graphql.operation import MalformedRequest, Operation
from query_api.graphql.stream_log import logged_stream
from query_api.graphql.tasks import cancel

INIT_SECONDS = 10.0
MAX_OPERATIONS = 32
"""Open at a time on one connection."""

_log = logging.getLogger(__name__)


class Connection:
    """One client's WebSocket and the operations that it runs over it."""

    def __init__(
        self, websocket: WebSocket, executor: Executor, new_context: Callable[[], Context]
    ) -> None:
        self._websocket = websocket
        self._executor = executor
        self._new_context = new_context
        self._acknowledged = False
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve the client until either side closes."""
        try:
            await self._serve()
        except ProtocolViolation as violation:
            await self.close(violation.code, str(violation))
        except WebSocketDisconnect:
            pass
        finally:
            await cancel(*self._operations.values())

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the client was quicker
            await self._websocket.close(code, reason[:120])

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS) as deadline:
                while True:
                    await self._handle(messages.decode(await self._receive()))
                    if self._acknowledged:
                        deadline.reschedule(None)
        except TimeoutError:
            raise ProtocolViolation(4408, "Connection initialisation timeout") from None

    async def _receive(self) -> str:
        try:
            return await self._websocket.receive_text()
        except KeyError:
            raise ProtocolViolation(4400, "Invalid message: expected text") from None

    async def _handle(self, message: messages.FromClient) -> None:
        match message:
            case messages.ConnectionInit():
                await self._acknowledge()
            case messages.Ping(payload=payload):
                await self._send(messages.Pong(payload))
            case messages.Subscribe(id=id_, payload=payload):
                self._subscribe(id_, payload)
            case messages.Complete(id=id_):
                if id_ in self._operations:
                    await cancel(self._operations.pop(id_))

    async def _acknowledge(self) -> None:
        if self._acknowledged:
            raise ProtocolViolation(4429, "Too many initialisation requests")
        self._acknowledged = True
        await self._send(messages.ConnectionAck())

    def _subscribe(self, id_: str, payload: dict[str, object]) -> None:
        if not self._acknowledged:
            raise ProtocolViolation(4401, "Unauthorized")
        if id_ in self._operations:
            raise ProtocolViolation(4409, f"Subscriber for {id_} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            raise ProtocolViolation(4400, f"More than {MAX_OPERATIONS} operations at a time")
        self._operations[id_] = asyncio.create_task(self._operate(id_, payload))

    async def _operate(self, id_: str, payload: dict[str, object]) -> None:
        context = self._new_context()
        try:
            await self._execute(id_, payload, context)
        except (GraphQLError, MalformedRequest, RefusedOperation) as error:
            self._operations.pop(id_, None)
            await self._send(messages.Error(id_, _errors(error)))
        except WebSocketDisconnect:
            pass
        except Exception:
            _log.exception("operation over WebSocket failed")
            await self.close(1011, "Internal error")
        finally:
            context.close()

    async def _execute(self, id_: str, payload: dict[str, object], context: Context) -> None:
        operation = Operation(payload)
        if operation.streams:
            await self._stream(id_, await self._executor.subscribe(operation, context))
            return
        await self._send(messages.Next(id_, await self._executor.query(operation, context)))
        self._operations.pop(id_, None)
        await self._send(messages.Complete(id_))

    async def _stream(self, id_: str, results: AsyncIterator[Result]) -> None:
        """The results end only when the service does, and it closes the connection: no
        ``complete``, so that the client connects again."""
        with logged_stream("websocket") as delivered:
            async for result in results:
                await self._send(messages.Next(id_, result))
                delivered.events += 1

    async def _send(self, message: messages.ToClient) -> None:
        await self._websocket.send_text(msgspec.json.encode(message).decode())


def _errors(error: Exception) -> Sequence[Mapping[str, Any]]:
    match error:
        case RefusedOperation(errors=errors):
            return errors
        case GraphQLError():
            return [error.formatted]
    return [{"message": str(error)}]
