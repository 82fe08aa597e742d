"""One client's connection by graphql-transport-ws: queries, and several subscriptions at once."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from query_api.graphql import messages
from query_api.graphql.api import GraphQLApi
from query_api.graphql.executor import RefusedOperation, Subscription
from query_api.graphql.messages import ProtocolViolation
from query_api.graphql.operation import MalformedRequest, Operation
from query_api.graphql.resumption import Resumption
from query_api.graphql.stream_log import logged_stream
from query_api.graphql.websocket_sink import WebSocketSink
from query_api.read_model.reader import ReadModelAway
from query_api.stream.fanout import FanoutFull
from query_api.stream.sink import Transport
from query_api.stream.streams import StreamsUnavailable
from query_api.tasks import cancel, first_of

GOING_AWAY = 1001
"""Close code (RFC 6455) after which clients connect again by themselves."""
TRY_AGAIN_LATER = 1013
"""The same (registry of RFC 6455)."""
INTERNAL_ERROR = 1011
"""After which they do not: what failed once would fail again."""
MAX_UNANSWERED = 12
"""Pings, after which a client has vanished; one that is slow has a minute to come to them."""
PASSING = (ReadModelAway, StreamsUnavailable, FanoutFull)
"""What another instance, or another time, may do better."""
INIT_SECONDS = 10.0
MAX_OPERATIONS = 32
"""Open at a time on one connection."""

_TOO_MANY = GraphQLError(f"{MAX_OPERATIONS} operations are open already on this connection")

_log = logging.getLogger(__name__)


class Connection:
    """One client's WebSocket and the operations that it runs over it."""

    def __init__(self, websocket: WebSocket, transport: Transport | None, api: GraphQLApi) -> None:
        self._websocket = websocket
        self._transport = transport
        self._api = api
        self._acknowledged = False
        self._resumption = Resumption()
        self._unanswered = 0
        """Pings since the client last said anything."""
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve the client until either side closes, or the connection's time is over."""
        try:
            await first_of(self._serve(), self._ping(), self._leave())
        except ProtocolViolation as violation:
            await self.close(violation.code, str(violation))
        except WebSocketDisconnect:
            pass
        finally:
            await cancel(*self._operations.values())

    async def close(self, code: int, reason: str) -> None:
        # Nothing may follow a close frame.
        await cancel(*self._operations.values())
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the client was quicker
            await self._websocket.close(code, reason[:120])

    async def _leave(self) -> None:
        await self._api.streams.over()
        await self.close(GOING_AWAY, "Going away")

    async def _ping(self) -> None:
        """Until the client has answered none for long."""
        while self._unanswered < MAX_UNANSWERED:
            await asyncio.sleep(self._api.streams.heartbeat)
            if self._acknowledged:
                self._unanswered += 1
                await self._send(messages.Ping())
        await self.close(TRY_AGAIN_LATER, "No pong came")

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
            text = await self._websocket.receive_text()
        except KeyError:
            raise ProtocolViolation(4400, "Invalid message: expected text") from None
        self._unanswered = 0
        return text

    async def _handle(self, message: messages.FromClient) -> None:
        match message:
            case messages.ConnectionInit(payload=payload):
                await self._begin(payload)
            case messages.Ping(payload=payload):
                await self._send(messages.Pong(payload))
            case messages.Subscribe(id=id_, payload=payload):
                await self._subscribe(id_, payload)
            case messages.Complete(id=id_):
                if id_ in self._operations:
                    await cancel(self._operations.pop(id_))

    async def _begin(self, payload: messages.InitPayload | None) -> None:
        if self._acknowledged:
            raise ProtocolViolation(4429, "Too many initialisation requests")
        self._resumption = Resumption.read(payload)
        self._acknowledged = True
        await self._send(messages.ConnectionAck())

    async def _subscribe(self, id_: str, payload: dict[str, object]) -> None:
        if not self._acknowledged:
            raise ProtocolViolation(4401, "Unauthorized")
        if id_ in self._operations:
            raise ProtocolViolation(4409, f"Subscriber for {id_} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            await self._send(messages.Error(id_, _errors(_TOO_MANY)))
            return
        self._operations[id_] = asyncio.create_task(self._operate(id_, payload))

    async def _operate(self, id_: str, payload: dict[str, object]) -> None:
        at_our_fault = INTERNAL_ERROR
        try:
            operation = Operation(payload)
            if operation.streams:
                # A stream goes on from where it was: nobody is to lose it for good.
                at_our_fault = TRY_AGAIN_LATER
            await self._execute(id_, operation)
        except (GraphQLError, MalformedRequest, RefusedOperation) as error:
            self._operations.pop(id_, None)
            await self._send(messages.Error(id_, _errors(error)))
        except WebSocketDisconnect:
            pass
        except PASSING as trouble:
            _log.warning("a connection ends, for it can't be served now: %s", trouble)
            self._operations.pop(id_, None)
            await self.close(TRY_AGAIN_LATER, "Try again later")
        except Exception:
            _log.exception("operation over WebSocket failed")
            self._operations.pop(id_, None)
            await self.close(at_our_fault, "Internal error")

    async def _execute(self, id_: str, operation: Operation) -> None:
        if operation.streams:
            await self._stream(id_, self._api.executor.subscription(operation))
            return
        result = await self._api.query(operation)
        await self._send(messages.Next(id_, result))
        self._operations.pop(id_, None)
        await self._send(messages.Complete(id_))

    async def _stream(self, id_: str, asked: Subscription) -> None:
        """For ever: only the whole connection ends, without a ``complete``, so that the client
        connects again."""
        streams = self._api.streams
        sink = WebSocketSink(self._websocket, id_, self._transport, streams.tally)
        subscription = self._resumption.resumed(id_, asked.subscription)
        seat = streams.subscriber(asked.selection, subscription)
        with seat as subscriber, logged_stream("websocket", sink):
            await streams.deliver(subscriber, sink)

    async def _send(self, message: messages.ToClient) -> None:
        await self._websocket.send_text(msgspec.json.encode(message).decode())


def _errors(error: Exception) -> Sequence[Mapping[str, Any]]:
    match error:
        case RefusedOperation(errors=errors):
            return errors
        case GraphQLError():
            return [error.formatted]
    return [{"message": str(error)}]
