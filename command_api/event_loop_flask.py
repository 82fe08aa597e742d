"""Flask on an event loop: views may be coroutines."""

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class EventLoopFlask(Flask):
    """Answers on the event loop instead of in a thread per request.

    Flask keeps its request in context variables, and so does asyncio with a task's: a view that
    awaits finds its own request again. Flask by itself runs such a view in a loop of its own.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    async def answer(self, environ: "WSGIEnvironment") -> Response:
        """What ``full_dispatch_request`` does, with a view that is awaited."""
        with self.request_context(environ):
            try:
                answered: Any = self.dispatch_request()
                if isawaitable(answered):
                    answered = await answered
            except Exception as error:
                answered = self.handle_user_exception(error)
            return self.finalize_request(answered)
