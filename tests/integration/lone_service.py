"""A service that runs alone, without what it leans on."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from local import services
from local.processes import Processes
from local.waiting import answers_ok
from tests.stack import short_directory


@contextmanager
def lone_service(name: str, **environment: str) -> Iterator[str]:
    """The URL of a service of ours that is alive; it need not be ready."""
    part = services.service(name, free_port())
    part = replace(part, ready=lambda: answers_ok(f"{part.address}/health/live"))
    with short_directory() as directory:
        processes = Processes(directory)
        try:
            processes.start(part, os.environ | environment)
            processes.wait_ready(part)
            yield part.address
        finally:
            processes.stop_all()


def free_port() -> int:
    """One that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
