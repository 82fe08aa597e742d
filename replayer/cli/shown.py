"""What a person sees while something long goes on."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


def tell(line: str) -> None:
    """On standard error, so that standard output holds the report alone."""
    print(line, file=sys.stderr, flush=True)


class Bar:
    """A progress bar on standard error; nothing where that is no terminal. A context manager."""

    def __init__(self, counted: str) -> None:
        """``counted`` is what became of the events: "published", "loaded"."""
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn(f"{{task.fields[events]:,}} {counted}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1.0, events=0)

    def show(self, done: float | None, events: int, what: str) -> None:
        """``done`` is a part from 0 to 1; None where it can't be told."""
        total = None if done is None else 1.0
        self._bar.update(
            self._task, total=total, completed=done or 0.0, events=events, description=what
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()
