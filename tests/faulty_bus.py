"""A Pub/Sub that takes messages over gRPC, and does wrong what a test tells it to."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.pubsub_v1.types import PublishRequest, PublishResponse

from odds import event_codec

_Request, _Response = PublishRequest.pb(), PublishResponse.pb()
Take = Callable[[], None]
Fault = Callable[[Take, grpc.ServicerContext], None]
"""What becomes of one request; it may call ``take``, and end the call with an error."""


def refused(code: grpc.StatusCode) -> Fault:
    def fault(_: Take, context: grpc.ServicerContext) -> None:
        context.abort(code, "told to refuse")

    return fault


def answer_lost(take: Take, context: grpc.ServicerContext) -> None:
    take()
    context.abort(grpc.StatusCode.UNAVAILABLE, "told to lose the answer")


def never_answered(_: Take, context: grpc.ServicerContext) -> None:
    gone = threading.Event()
    if context.add_callback(gone.set):
        gone.wait(60)


def held(until: threading.Event) -> Fault:
    def fault(take: Take, _: grpc.ServicerContext) -> None:
        until.wait(60)
        take()

    return fault


class FaultyBus:
    """The next requests meet ``faults``, one each, and all others ``otherwise``."""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.otherwise: Fault = lambda take, _: take()
        self.attempts: list[list[str]] = []
        self.taken: list[list[str]] = []
        self.last: Any = None
        """The message that was taken last."""
        self._server: Any = None
        self.host = self.start("127.0.0.1:0")

    @property
    def messages(self) -> list[str]:
        """The RequestIDs of what was taken, in its order."""
        return [request_id for request in self.taken for request_id in request]

    def start(self, host: str) -> str:
        self._server = grpc.server(ThreadPoolExecutor(32))
        publish = grpc.unary_unary_rpc_method_handler(
            self._publish, _Request.FromString, _Response.SerializeToString
        )
        handler = grpc.method_handlers_generic_handler(
            "google.pubsub.v1.Publisher", {"Publish": publish}
        )
        self._server.add_generic_rpc_handlers((handler,))
        port = self._server.add_insecure_port(host)
        self._server.start()
        return f"127.0.0.1:{port}"

    def stop(self) -> None:
        """Cut every connection."""
        self._server.stop(None).wait()

    def _publish(self, request: Any, context: grpc.ServicerContext) -> Any:
        assert len({message.ordering_key for message in request.messages}) == 1
        request_ids = _request_ids(request.messages)
        self.attempts.append(request_ids)
        fault = self.faults.popleft() if self.faults else self.otherwise

        def take() -> None:
            self.taken.append(request_ids)
            self.last = request.messages[-1]

        fault(take, context)
        return _Response(message_ids=request_ids)


def _request_ids(messages: Sequence[Any]) -> list[str]:
    return [event_codec.decode(each.data).event.command.request_id for each in messages]


@contextmanager
def faulty_bus() -> Iterator[FaultyBus]:
    bus = FaultyBus()
    try:
        yield bus
    finally:
        bus.stop()
