"""GraphQL over WebSocket (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md)."""

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from query_api.graphql.api import GraphQLApi
from query_api.graphql.connection import PASSING, TRY_AGAIN_LATER, Connection
from query_api.graphql.messages import PROTOCOL
from query_api.stream.sink import transport_of

_SUBPROTOCOL_NOT_ACCEPTABLE = 4406


class GraphQLOverWebSocket:
    """The ASGI application that accepts WebSockets of graphql-transport-ws, and serves each."""

    def __init__(self, api: GraphQLApi) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        connection = Connection(websocket, transport_of(receive), self._api)
        if PROTOCOL not in scope["subprotocols"]:
            await websocket.accept()
            await connection.close(_SUBPROTOCOL_NOT_ACCEPTABLE, f"Expected {PROTOCOL}")
            return
        await websocket.accept(PROTOCOL)
        try:
            self._api.streams.check_open()
        except PASSING as trouble:
            await connection.close(TRY_AGAIN_LATER, str(trouble))
            return
        await connection.run()
