"""The command service under gunicorn, over a bus that is slow, away or too busy."""

import http.client
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from urllib.parse import urlsplit

from local.ports import Ports
from local.processes import STOP_SECONDS
from odds.adapters.event_bus.publisher import MAX_IN_HAND
from tests.commands_at_once import Answer, command_body, post_at_once
from tests.faulty_bus import FaultyBus, Take, faulty_bus, held
from tests.integration.patient_command_api import patient_command_api
from tests.serving import running, serving


def environ(bus: FaultyBus, *, publish_timeout: int) -> dict[str, str]:
    return {
        "GOOGLE_CLOUD_PROJECT": "p",
        "PUBSUB_EMULATOR_HOST": bus.host,
        "PUBLISH_TIMEOUT_SECONDS": str(publish_timeout),
    }


def test_commands_beyond_what_fits_are_told_429_those_that_waited_in_vain_503() -> None:
    gate = threading.Event()
    with faulty_bus() as bus, serving("command_api", environ(bus, publish_timeout=15)) as url:
        bus.faults.append(held(gate))
        answers: list[Answer] = []
        post_at_once(url, MAX_IN_HAND + 50, answers)
        assert Counter(answers) == {(503, "1"): MAX_IN_HAND, (429, "1"): 50}
        gate.set()
        answers.clear()
        post_at_once(url, 20, answers)
        assert answers == [(202, None)] * 20
        in_time, *later = bus.attempts  # one request was with the bus when time was up
        assert len(in_time) < MAX_IN_HAND
        assert sum(len(request) for request in later) == 20


class Clients:
    """Send commands over kept-alive connections until the service is gone."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self._numbers = count()
        self.answers: list[tuple[str, int]] = []
        self.sent: list[str] = []

    def run(self) -> None:
        with suppress(ConnectionError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self._address, timeout=60)
            while True:
                request_id = str(next(self._numbers))
                self.sent.append(request_id)
                headers = {"Content-Type": "application/json"}
                connection.request("POST", "/odds", command_body(request_id), headers)
                answer = connection.getresponse()
                answer.read()
                self.answers.append((request_id, answer.status))


def slowly(take: Take, _: object) -> None:
    time.sleep(0.1)
    take()


def test_a_service_told_to_end_under_load_finishes_what_it_took() -> None:
    number = 32
    with faulty_bus() as bus, ThreadPoolExecutor(number) as pool:
        bus.otherwise = slowly
        part = patient_command_api(Ports.free().command_api_port)
        with running(part, environ(bus, publish_timeout=20)) as url:
            clients = Clients(url)
            sending = [pool.submit(clients.run) for _ in range(number)]
            while len(clients.answers) < 200:
                time.sleep(0.01)
            began = time.monotonic()  # leaving the block sends SIGTERM
        took = time.monotonic() - began
        for each in sending:
            each.result(60)
    accepted = [request_id for request_id, status in clients.answers if status == 202]
    assert {status for _, status in clients.answers} == {202}
    assert took < STOP_SECONDS  # after which it is killed
    assert set(accepted) <= set(bus.messages)
    assert len(bus.messages) == len(set(bus.messages))
    # Nothing that reached the bus was left without its answer.
    assert set(bus.messages) == set(accepted)
