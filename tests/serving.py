"""One service under gunicorn, as it runs in the cloud."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from local.part import Part
from local.ports import Ports
from local.processes import Processes
from local.services import service
from local.waiting import answers_ok
from tests.stack import short_directory


@contextmanager
def serving(name: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of a service that is alive, though it may not be ready; stopped at the end."""
    with running(service(name, Ports.free().projector_port), environ) as url:
        yield url


@contextmanager
def running(part: Part, environ: Mapping[str, str]) -> Iterator[str]:
    """The same, of any part that has a health check."""
    part = replace(part, ready=lambda: answers_ok(f"{part.address}/health/live"))
    with short_directory() as directory:
        processes = Processes(directory)
        try:
            processes.start(part, {"GOOGLE_CLOUD_PROJECT": "test", **os.environ, **environ})
            processes.wait_ready(part)
            yield part.address
        finally:
            processes.stop_all()
