"""The projector, with more patience than a busy machine needs.

Under gunicorn as ``tests.integration.patient_projector:create_app()``.
"""

from local import services
from local.part import Part
from projector import main
from projector.asgi import ProjectorApplication


def patient_projector(port: int) -> Part:
    factory = "tests.integration.patient_projector:create_app()"
    return services.service(services.PROJECTOR, port, factory)


def create_app() -> ProjectorApplication:
    main.PATIENCE = 30.0
    return main.create_app()
