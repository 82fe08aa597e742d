"""A part of the stack: one process, how to start it and how to see that it is ready."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """``ready`` asks the running process; ``directory`` is where it is started.

    ``maker`` says whose it is, where there are several.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    address: str
    stop_signal: signal.Signals = signal.SIGTERM
    directory: Path | None = None
    maker: str = ""
