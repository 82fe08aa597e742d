"""GraphQL over WebSocket."""

import asyncio

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from query_api.graphql.api import GraphQLApi
from query_api.graphql.connection import Connection
from query_api.graphql.messages import PROTOCOL

GOING_AWAY, TRY_AGAIN_LATER = 1001, 1013
"""Close codes (RFC 6455 and its registry) after which clients connect again by themselves."""
_SUBPROTOCOL_NOT_ACCEPTABLE = 4406


class GraphQLOverWebSocket:
    """An ASGI application."""

    def __init__(self, api: GraphQLApi) -> None:
        self._api = api
        self._open: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        connection = Connection(websocket, self._api.executor, self._api.new_context)
        if PROTOCOL not in scope["subprotocols"]:
            await websocket.accept()
            await connection.close(_SUBPROTOCOL_NOT_ACCEPTABLE, f"Expected {PROTOCOL}")
            return
        await websocket.accept(PROTOCOL)
        if not self._api.streaming():
            await connection.close(TRY_AGAIN_LATER, "The stream is not ready")
            return
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)

    def end(self) -> None:
        """Close every connection; the clients connect again, to another instance."""
        for connection in self._open:
            closing = asyncio.create_task(connection.close(GOING_AWAY, "Going away"))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
