"""Replay, rebuild and verify: what the event store is kept for."""
