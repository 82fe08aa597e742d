"""How much memory work takes."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

_EVERY = 0.1


class Peak:
    """While the block runs, watches the processes that it starts. A context manager.

    The kernel's own account of a child's peak begins with what its parent had when it was made.
    """

    def __init__(self) -> None:
        self.megabytes = 0
        self._known = set(psutil.Process().children(recursive=True))
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

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
            for process in psutil.Process().children(recursive=True):
                if process not in self._known:
                    with suppress(psutil.NoSuchProcess):
                        taken = process.memory_info().rss // 2**20
                        self.megabytes = max(self.megabytes, taken)
