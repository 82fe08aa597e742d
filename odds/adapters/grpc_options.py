"""How gRPC keeps a connection to a service of Google's."""

SERVICE = [
    # As Pub/Sub's own clients have it: a connection that hangs is found and replaced.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # After an outage, try again each second; gRPC by itself waits up to two minutes.
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # As Google's own clients have it: what they send and receive has limits of its own.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
]
