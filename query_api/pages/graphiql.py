"""GraphiQL, for the browsers among those who ask for the path of GraphQL."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from query_api.graphql.accept import EVENT_STREAM, GRAPHQL_JSON, PLAIN_JSON
from query_api.media import accepted_media
from query_api.pages.site import GRAPHIQL, Site

HTML = "text/html"


class WithGraphiQL:
    """An ASGI application: GraphiQL where a page is asked for, ``graphql`` for all else."""

    def __init__(self, graphql: ASGIApp, site: Site) -> None:
        self._graphql = graphql
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _asks_for_page(scope):
            await self._graphql(scope, receive, send)
            return
        page = await self._site.page(GRAPHIQL, scope)
        page.headers["Vary"] = "Accept"
        await page(scope, receive, send)


def _asks_for_page(scope: Scope) -> bool:
    if scope["method"] not in ("GET", "HEAD"):
        return False
    accepted = accepted_media(Headers(scope=scope).get("accept"))
    return accepted.best_match([GRAPHQL_JSON, PLAIN_JSON, EVENT_STREAM, HTML]) == HTML
