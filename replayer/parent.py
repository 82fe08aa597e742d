"""Processes that are of no use without the one that started them."""

import os
import threading
import time

_LOOK_EVERY = 1.0


def end_with(parent: int) -> None:
    """End this process, at once, when its parent is gone; ``parent`` is its process id."""
    threading.Thread(target=_watch, args=[parent], name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)
