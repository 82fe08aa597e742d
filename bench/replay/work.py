"""What the processes of a benchmark do with a part of the events."""

from replayer.recovery.folding import Unreadable, histories, readable
from replayer.recovery.parts import Source


def count(part: str, *, source: Source) -> int:
    return sum(1 for _ in source.events(part))


def fold(part: str, *, files: Source) -> int:
    return sum(1 for _ in histories(readable(files.events(part), Unreadable())))
