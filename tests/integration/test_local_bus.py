"""The local event bus, made in a real Pub/Sub emulator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import msgspec
import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from local.bus import LocalBus
from local.emulators.choice import Emulators
from local.settings import StackSettings
from local.waiting import wait_until
from odds.adapters.event_bus import event_bus_file

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
    topics = event_bus_file.load(StackSettings().event_bus_path())
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


def test_what_the_file_says_of_subscriptions_is_so_for_those_that_are_there(
    emulators: Emulators, pubsub_host: str, project: str
) -> None:
    topics = event_bus_file.load(StackSettings().event_bus_path())
    changed = msgspec.structs.replace(
        topics.subscription, ack_deadline_seconds=33, min_backoff_seconds=7, max_delivery_attempts=8
    )
    others = msgspec.structs.replace(topics, subscription=changed)
    with _serving(Projector()) as url:
        for each in (topics, others):
            with_policies = emulators.keeps_policies
            LocalBus(pubsub_host, project, each, "", with_policies=with_policies).create(url)
    name = topics.subscription.name.format(topic=TOPICS[0])
    transport = SubscriberGrpcTransport(channel=grpc.insecure_channel(pubsub_host))
    found = SubscriberClient(transport=transport).get_subscription(
        subscription=f"projects/{project}/subscriptions/{name}"
    )
    assert found.ack_deadline_seconds == 33
    assert found.push_config.push_endpoint.startswith(url)
    if emulators.keeps_policies:
        assert found.retry_policy.minimum_backoff == timedelta(seconds=7)
        assert found.dead_letter_policy.max_delivery_attempts == 8


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
