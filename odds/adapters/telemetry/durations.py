"""Durations, measured alike in every service."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.metrics import Histogram

SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
"""Boundaries of a histogram's buckets."""


@contextmanager
def timing(histogram: Histogram, **attributes: str) -> Iterator[None]:
    """Record the seconds that the block takes, whether it succeeds or not."""
    began = time.perf_counter()
    try:
        yield
    finally:
        histogram.record(time.perf_counter() - began, attributes)
