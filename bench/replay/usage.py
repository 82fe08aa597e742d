"""What work takes of memory and processors."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

_EVERY = 0.1


class Usage:
    """While the block runs, watches the processes that this one starts; not those that they
    start in their turn, as PostgreSQL does. A context manager.

    The kernel's own account of a child's peak begins with what its parent had when it was made.
    """

    def __init__(self) -> None:
        self.megabytes = 0
        """Of the largest process."""
        self._seconds: dict[int, float] = {}
        self._known = set(psutil.Process().children())
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    @property
    def seconds(self) -> float:
        """Processor time of all of them together."""
        return sum(self._seconds.values())

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            for process in psutil.Process().children():
                if process not in self._known:
                    with suppress(psutil.NoSuchProcess):
                        self._look_at(process)

    def _look_at(self, process: psutil.Process) -> None:
        taken = process.cpu_times()
        self._seconds[process.pid] = taken.user + taken.system
        self.megabytes = max(self.megabytes, process.memory_info().rss // 2**20)
