"""Benchmark of the command service."""
