"""The ports of the stack, each changed by the environment variable of its name."""

import errno
import socket
from collections.abc import Mapping
from contextlib import ExitStack

import msgspec

from local.errors import StackError

HOST = "127.0.0.1"


class Ports(msgspec.Struct, frozen=True):
    gateway_port: int = 8080
    command_api_port: int = 8081
    query_api_port: int = 8082
    projector_port: int = 8083
    replayer_port: int = 8084
    pubsub_emulator_port: int = 8085
    datastore_emulator_port: int = 8086

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nothing listens on now, for a stack beside others."""
        with ExitStack() as held:
            sockets = [
                held.enter_context(socket.create_server((HOST, 0))) for _ in cls.__struct_fields__
            ]
            return cls(*(each.getsockname()[1] for each in sockets))

    def variables(self) -> dict[str, str]:
        """As environment variables."""
        return {name.upper(): str(port) for name, port in msgspec.structs.asdict(self).items()}


def require_free(ports: Mapping[str, int]) -> None:
    """Raise StackError with the name and number of each port that something listens on."""
    taken = {name: port for name, port in ports.items() if _in_use(port)}
    if taken:
        lines = [
            f"port {port} of {name} is in use; stop what uses it or set {_variable(name)}"
            for name, port in taken.items()
        ]
        raise StackError("\n".join(lines))


def _variable(part: str) -> str:
    return f"{part.upper().replace('-', '_')}_PORT"


def _in_use(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return False
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return True
