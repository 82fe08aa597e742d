"""Connections to Google's emulators, which speak gRPC without TLS or credentials."""

import grpc
import grpc.aio

_OPTIONS = [
    # After an outage, try again each second; gRPC by itself waits up to two minutes.
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Each client has a connection of its own, so that one that hangs doesn't hang the others.
    ("grpc.use_local_subchannel_pool", 1),
    # As the services' own clients have it: a page of long entities is more than gRPC's 4 MB.
    ("grpc.max_receive_message_length", -1),
]


def channel(host: str) -> grpc.Channel:
    return grpc.insecure_channel(host, options=_OPTIONS)


def aio_channel(host: str) -> grpc.aio.Channel:
    """For the event loop that runs now."""
    return grpc.aio.insecure_channel(host, options=_OPTIONS)
