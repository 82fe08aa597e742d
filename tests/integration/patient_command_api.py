"""The command service, which waits longer for what it has taken than a busy machine needs.

Under gunicorn as ``tests.integration.patient_command_api:create_app()``.
"""

from starlette.types import ASGIApp

from command_api import main
from local import services
from local.part import Part
from odds.adapters.http import graceful_end


def patient_command_api(port: int) -> Part:
    factory = "tests.integration.patient_command_api:create_app()"
    return services.service(services.COMMAND_API, port, factory, "--graceful-timeout", "60")


def create_app() -> ASGIApp:
    graceful_end.WAITS = 20
    return main.create_app()
