"""The pages' files, as they are served."""

import re
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from odds.adapters.http.request_id import request_id
from query_api.rest.json_responses import encode
from query_api.rest.responses import JSON, QueryResponse, Status

ASSETS = Path(__file__).with_name("assets")
BOARD, GRAPHIQL = "board/index.html", "graphiql/index.html"

_SELF_ALONE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# GraphiQL brings its fonts and cursors in its style sheet, and makes styles as it runs.
_GRAPHIQL = _SELF_ALONE.replace(
    "style-src 'self'; img-src 'self'",
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:",
)
_OF_ONE_VERSION = re.compile(r"[\w-]+-\d+\.\d+\.\d+/")
"""Third-party folders bear their version, so what is in them never changes."""


class Site(StaticFiles):
    """An ASGI application: the files under ``assets/`` by their path there, and first the board."""

    def __init__(self) -> None:
        super().__init__(directory=ASSETS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self.get_path(scope)
        response = await self.page(BOARD if path == "." else path, scope)
        await response(scope, receive, send)

    async def page(self, path: str, scope: Scope) -> Response:
        """A file, or a QueryResponse that says what is wrong with the request."""
        try:
            response = await self.get_response(path, scope)
        except HTTPException as refusal:
            return _refused(refusal)
        versioned = _OF_ONE_VERSION.match(path)
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if versioned else "no-cache"
        response.headers["Content-Security-Policy"] = _GRAPHIQL if path == GRAPHIQL else _SELF_ALONE
        return response


def _refused(refusal: HTTPException) -> Response:
    answer = QueryResponse(request_id(None), Status.FAIL, f"no such page: {refusal.detail}")
    headers: Any = refusal.headers
    return Response(encode(answer), refusal.status_code, headers, JSON)
