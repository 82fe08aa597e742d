"""What a benchmark does with the events of a part, besides what a rebuild does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from replayer.recovery.folding import Unreadable, histories, readable
from replayer.recovery.parts import Source


@contextmanager
def counting(source: Source) -> Iterator[Callable[[str], int]]:
    with source.opened() as events:
        yield lambda part: sum(1 for _ in events(part))


@contextmanager
def folding(source: Source) -> Iterator[Callable[[str], int]]:
    with source.opened() as events:
        yield lambda part: sum(1 for _ in histories(readable(events(part), Unreadable())))
