"""A Pub/Sub server for a developer's machine: google.pubsub.v1 over gRPC, kept in SQLite."""
