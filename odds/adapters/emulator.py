"""Connections to Google's emulators, which speak gRPC without TLS or credentials."""

import grpc

_OPTIONS = [
    # After an outage, try again each second; gRPC by itself waits up to two minutes.
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Each client has a connection of its own, so that one that hangs doesn't hang the others.
    ("grpc.use_local_subchannel_pool", 1),
]


def channel(host: str) -> grpc.Channel:
    return grpc.insecure_channel(host, options=_OPTIONS)
