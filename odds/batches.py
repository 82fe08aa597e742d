"""Cutting what goes into one request to the limits of the service that takes it."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class HasData(Protocol):
    @property
    def data(self) -> bytes: ...


T = TypeVar("T", bound=HasData)


def batches(items: Iterable[T], *, most: int, most_bytes: int) -> Iterator[list[T]]:
    """The items in order, at most ``most`` of them and ``most_bytes`` of data at a time.

    One that is longer than that by itself goes alone.
    """
    batch: list[T] = []
    size = 0
    for item in items:
        if batch and (len(batch) == most or size + len(item.data) > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.data)
    if batch:
        yield batch
