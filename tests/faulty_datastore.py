"""A relay before the Datastore emulator that does wrong what a test tells it to."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from odds.adapters import emulator
from tests.faulty_bus import Fault

COMMIT = "/google.datastore.v1.Datastore/Commit"


class FaultyDatastore(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The next commits meet ``faults``, one each, and all others ``otherwise``."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self.faults: deque[Fault] = deque()
        self.otherwise: Fault = lambda relay, _: relay()
        self.commits = 0

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler:
        method = handler_call_details.method

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            answers: list[bytes] = []

            def relay() -> None:
                try:
                    answers.append(self._channel.unary_unary(method)(request, timeout=10))
                except grpc.RpcError as error:
                    context.abort(error.code(), error.details())

            self._fault(method)(relay, context)
            return answers[0]

        return grpc.unary_unary_rpc_method_handler(answer)

    def _fault(self, method: str) -> Fault:
        if method == COMMIT:
            self.commits += 1
            return self.faults.popleft() if self.faults else self.otherwise
        return lambda relay, _: relay()


@contextmanager
def faulty_datastore(host: str) -> Iterator[tuple[FaultyDatastore, str]]:
    """Yields the relay and where it listens."""
    with emulator.channel(host) as channel, ThreadPoolExecutor(8) as calls:
        server = grpc.server(calls)
        relay = FaultyDatastore(channel)
        server.add_generic_rpc_handlers((relay,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield relay, f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
