"""What a person sees while a file is played."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from local.feeders.summary import Summary

_REFRESH_SECONDS = 0.2


@asynccontextmanager
async def shown_progress(summary: Summary, total: int) -> AsyncIterator[None]:
    """A progress bar on standard error while the block runs; nothing where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    watcher = asyncio.create_task(_watch(console, summary, total))
    try:
        yield
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(console: Console, summary: Summary, total: int) -> None:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        bar = progress.add_task("", total=total, rate=0.0)
        try:
            while True:
                progress.update(bar, completed=summary.settled, rate=summary.rate())
                progress.refresh()
                await asyncio.sleep(_REFRESH_SECONDS)
        finally:
            progress.update(bar, completed=summary.settled, rate=summary.rate())
