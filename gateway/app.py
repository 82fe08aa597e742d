"""The gateway: which service a request goes to, and how."""

from aiohttp import ClientSession, web

from gateway import errors
from gateway.headers import REQUEST_ID
from gateway.http_relay import HttpRelay
from gateway.routes import MethodNotAllowedError, PathNotFoundError, RoutingTable
from gateway.upstream import Services
from gateway.websocket_relay import WebSocketRelay
from odds.adapters.http.request_id import request_id

HEALTH = {("GET", path) for path in ("/health/live", "/health/ready")}


class Gateway:
    """Answers requests with what the services say, over the connections of ``pool``."""

    def __init__(self, routes: RoutingTable, services: Services, pool: ClientSession) -> None:
        self._routes = routes
        self._services = services
        self._http = HttpRelay(pool)
        self._websocket = WebSocketRelay(pool)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        identity = request_id(request.headers.get(REQUEST_ID))
        if (request.method, path) in HEALTH:
            return _healthy()
        try:
            return await self._pass_on(request, path, identity)
        except PathNotFoundError:
            return errors.no_path(path, identity)
        except MethodNotAllowedError as refusal:
            return errors.wrong_method(request.method, path, refusal.allowed, identity)
        except web.HTTPException as refusal:
            return errors.failure(refusal.status, refusal.text or refusal.reason, identity)

    async def _pass_on(
        self, request: web.BaseRequest, path: str, identity: str
    ) -> web.StreamResponse:
        service = self._routes.service(request.method, path)
        url = self._services.url(service, request.rel_url)
        relay = self._websocket if _asks_for_websocket(request) else self._http
        return await relay.pass_on(request, service, url, identity)


def _healthy() -> web.Response:
    """The gateway needs nothing but itself: a service that is away is told to who asks for it."""
    return web.json_response({"Status": "success"})


def _asks_for_websocket(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"
