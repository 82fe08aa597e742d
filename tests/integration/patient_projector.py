"""The projector, with more patience than a busy machine needs.

Under gunicorn as ``tests.integration.patient_projector:create_app()``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local import services
from local.part import Part
from local.ports import Ports
from odds.adapters.http import graceful_end
from projector import asgi, main, parking
from projector.asgi import ProjectorApplication
from tests.serving import running


@contextmanager
def serving_projector(environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of one that is alive, though it may not be ready; stopped at the end."""
    with running(patient_projector(Ports.free().projector_port), environ) as url:
        yield url


def patient_projector(port: int) -> Part:
    factory = "tests.integration.patient_projector:create_app()"
    return services.service(services.PROJECTOR, port, factory, "--graceful-timeout", "60")


def create_app() -> ProjectorApplication:
    main.PATIENCE = parking.PATIENCE = 30.0
    graceful_end.WAITS, asgi.ANSWERED_BY_THE_END = 20, 10.0
    return main.create_app()
