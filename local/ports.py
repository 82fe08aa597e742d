"""The ports of the stack, each changed by the environment variable of its name."""

import errno
import random
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress

import msgspec

from local.errors import StackError
from odds.settings import Port

HOST = "127.0.0.1"
UNASSIGNED = range(20_000, 32_768)
"""Free ports are taken from below those that systems give to outgoing connections, one of which
could take the port before the server that it is meant for."""


class Ports(msgspec.Struct, frozen=True):
    gateway_port: Port = 8080
    command_api_port: Port = 8081
    query_api_port: Port = 8082
    projector_port: Port = 8083
    replayer_port: Port = 8084
    pubsub_emulator_port: Port = 8085
    datastore_emulator_port: Port = 8086

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nothing listens on now, for a stack beside others."""
        with ExitStack() as held:
            sockets = [held.enter_context(_listening()) for _ in cls.__struct_fields__]
            return cls(*(each.getsockname()[1] for each in sockets))

    def variables(self) -> dict[str, str]:
        """As environment variables."""
        return {name.upper(): str(port) for name, port in msgspec.structs.asdict(self).items()}


def free_port() -> int:
    """A port that nothing listens on now."""
    with _listening() as held:
        port: int = held.getsockname()[1]
        return port


def require_different(ports: Mapping[str, int]) -> None:
    """Raise StackError with the names of the parts that were given the same port."""
    parts: dict[int, list[str]] = {}
    for name, port in ports.items():
        parts.setdefault(port, []).append(name)
    _refuse(
        f"port {port} is given to {' and '.join(names)}; set "
        + " or ".join(_variable(name) for name in names)
        for port, names in parts.items()
        if len(names) > 1
    )


def require_free(ports: Mapping[str, int]) -> None:
    """Raise StackError with the name and number of each port that can't be listened on."""
    problems = {name: _problem(port) for name, port in ports.items()}
    _refuse(
        f"port {ports[name]} of {name} {problem} or set {_variable(name)}"
        for name, problem in problems.items()
        if problem
    )


def _listening() -> socket.socket:
    while True:
        with suppress(OSError):
            return socket.create_server((HOST, random.choice(UNASSIGNED)))


def _refuse(problems: Iterable[str]) -> None:
    if lines := list(problems):
        raise StackError("\n".join(lines))


def _variable(part: str) -> str:
    return f"{part.upper().replace('-', '_')}_PORT"


def _problem(port: int) -> str | None:
    try:
        with socket.create_server((HOST, port)):
            return None
    except PermissionError:
        return "is for root alone; be root"
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return "is in use; stop what uses it"
