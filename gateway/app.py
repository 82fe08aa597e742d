"""The gateway as an aiohttp application."""

from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from gateway import errors
from gateway.headers import request_id
from gateway.http_relay import HttpRelay
from gateway.routes import MethodNotAllowedError, PathNotFoundError, RoutingTable
from gateway.upstream import Services, open_pool
from gateway.websocket_relay import WebSocketRelay


class Gateway:
    def __init__(self, routes: RoutingTable, services: Services) -> None:
        self._routes = routes
        self._services = services

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Hold the services' connections open for as long as the application runs."""
        async with open_pool() as pool:
            self._http = HttpRelay(pool)
            self._websocket = WebSocketRelay(pool)
            yield

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path, identity = request.rel_url.raw_path, request_id(request)
        try:
            service = self._routes.service(request.method, path)
        except PathNotFoundError:
            return errors.no_path(path, identity)
        except MethodNotAllowedError as refusal:
            return errors.wrong_method(request.method, path, refusal.allowed, identity)
        url = self._services.url(service, request.rel_url)
        relay = self._websocket if _asks_for_websocket(request) else self._http
        return await relay.pass_on(request, service, url, identity)


async def healthy(request: web.Request) -> web.Response:
    """The gateway needs nothing but itself: a service that is away is told to who asks for it."""
    return web.json_response({"Status": "success"})


def create_app(routes: RoutingTable, addresses: Mapping[str, str]) -> web.Application:
    """The gateway for services at these base URLs.

    Run it with ``handler_cancellation=True``: else a client that goes away unnoticed keeps its
    stream from the service open.
    """
    gateway = Gateway(routes, Services(addresses))
    app = web.Application()
    app.cleanup_ctx.append(gateway.open)
    app.router.add_get("/health/live", healthy)
    app.router.add_get("/health/ready", healthy)
    app.router.add_route("*", "/{path:.*}", gateway.answer)
    return app


def _asks_for_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"
