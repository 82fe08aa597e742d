"""Faults on demand: what a test tells a server to do wrong, over gRPC and JSON.

Not part of any API that the server stands in for.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import grpc
import grpc.aio
import msgspec

from local.emulators.refusal import Refusal
from local.emulators.service import Message, Method

_SERVICE = "moneyline.emulators.Faults"
_SET = f"/{_SERVICE}/Set"


class Wrong(StrEnum):
    REFUSE = "refuse"
    DELAY = "delay"
    LOSE_ANSWER = "lose_answer"
    REPEAT = "repeat"
    CUT_CONNECTIONS = "cut_connections"


class Fault(msgspec.Struct, frozen=True):
    """Befalls the next ``times`` calls of a method, or of any where it is empty.

    A stream meets it when it is opened. What Pub/Sub pushes is the method ``Push``: refused, it is
    not sent; its answer lost, it comes again; delayed, others overtake it.
    """

    wrong: Wrong
    method: str = ""
    times: int = 1
    code: str = "UNAVAILABLE"
    """A gRPC status, of a call that is refused or whose answer is lost."""
    seconds: float = 0.0
    """How long a call is delayed."""


class Faults:
    def __init__(self, cut_connections: Callable[[], None]) -> None:
        self._cut_connections = cut_connections
        self._waiting: list[Fault] = []

    def set(self, faults: list[Fault]) -> None:
        """These, and no others that wait still."""
        self._waiting = [fault for fault in faults for _ in range(fault.times)]

    async def meet(self, name: str, method: Method, request: Message) -> Message:
        """Answer a call, with the fault that waits for it."""
        fault = self._next(name)
        if fault is None:
            return await method(request)
        refusal = Refusal(grpc.StatusCode[fault.code], "told to fail")
        if fault.wrong == Wrong.REFUSE:
            raise refusal
        if fault.wrong == Wrong.CUT_CONNECTIONS:
            self._cut_connections()
            raise refusal
        await asyncio.sleep(fault.seconds)
        if fault.wrong == Wrong.REPEAT:
            await method(request)
        answer = await method(request)
        if fault.wrong == Wrong.LOSE_ANSWER:
            raise refusal
        return answer

    def _next(self, name: str) -> Fault | None:
        for fault in self._waiting:
            if fault.method in ("", name):
                self._waiting.remove(fault)
                return fault
        return None


def handler(faults: Faults) -> grpc.GenericRpcHandler:
    async def set_faults(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        try:
            faults.set(msgspec.json.decode(request, type=list[Fault]))
        except msgspec.MsgspecError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return b""

    method = grpc.unary_unary_rpc_method_handler(set_faults)
    return grpc.method_handlers_generic_handler(_SERVICE, {"Set": method})


def tell(channel: Any, *faults: Fault) -> None:
    """Tell the server on this channel of its next faults; none clears those that wait."""
    channel.unary_unary(_SET)(msgspec.json.encode(list(faults)), timeout=30)
