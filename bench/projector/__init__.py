"""Benchmark of the projector."""
