"""The local event bus, made in a real Pub/Sub emulator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from local.bus import LocalBus
from local.emulators.choice import Emulators
from local.settings import StackSettings
from local.waiting import wait_until
from odds.event_bus import EventBus

SECONDS = 40.0
TOPICS = ("events-high-odds-soccer", "events-medium-soccer")


class Projector:
    """Counts the pushes, and takes them or not."""

    def __init__(self) -> None:
        self.taken = 0
        self.refused = 0
        self.takes = True

    def push(self) -> int:
        self.taken += self.takes
        self.refused += not self.takes
        return 204 if self.takes else 503


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_not_delivered_before_down_comes_after_up(
    emulators: Emulators, pubsub_host: str, project: str, topic: str
) -> None:
    topics = EventBus.load(StackSettings().event_bus_path())
    with_policies = emulators.keeps_policies
    bus = LocalBus(pubsub_host, project, topics, "", with_policies=with_policies)
    projector = Projector()
    with _serving(projector) as url:
        bus.create(url)
        projector.takes = False
        _publish(pubsub_host, f"projects/{project}/topics/{topic}")
        assert wait_until(lambda: projector.refused > 0, SECONDS)
        bus.stop_pushing()
        projector.takes = True
        bus.create(url)
        assert wait_until(lambda: projector.taken > 0, SECONDS)


@contextmanager
def _serving(projector: Projector) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(projector.push())
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _publish(host: str, topic: str) -> None:
    transport = PublisherGrpcTransport(channel=grpc.insecure_channel(host))
    PublisherClient(transport=transport).publish(
        request={"topic": topic, "messages": [{"data": b"event", "ordering_key": "game"}]}
    )
