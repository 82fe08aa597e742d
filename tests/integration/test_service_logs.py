"""What a service logs, its server's lines among them."""

import os
from dataclasses import replace

import msgspec
import pytest

from local.ports import free_port
from local.processes import Processes
from local.services import service
from local.waiting import answers_ok
from tests.stack import short_directory

AWAY = {
    "DATABASE_URL": "postgresql+pg8000://nobody@127.0.0.1:1/nothing",
    "DATASTORE_EMULATOR_HOST": "127.0.0.1:1",
    "GOOGLE_CLOUD_PROJECT": "logged",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
}


@pytest.mark.parametrize("name", ["command_api", "projector", "query_api", "replayer"])
def test_every_line_is_structured_and_names_its_service(name: str) -> None:
    part = service(name, free_port())
    part = replace(part, ready=lambda: answers_ok(f"{part.address}/health/live"))
    with short_directory() as directory:
        processes = Processes(directory)
        try:
            processes.start(part, {**os.environ, **AWAY})
            processes.wait_ready(part)
        finally:
            processes.stop_all()
        # The first one comes before gunicorn lets anybody be heard.
        _, *lines = processes.log(name).read_text().splitlines()
    told = [msgspec.json.decode(line) for line in lines]
    assert {"Using worker: asgi", "Shutting down: Master"} <= {each["message"] for each in told}
    assert {each["logging.googleapis.com/labels"]["service"] for each in told} == {name}
