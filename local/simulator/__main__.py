"""Send simulated odds until stopped: ``python -m local.simulator``."""

import argparse
import asyncio
import itertools
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from random import Random

from local.feeders.commands import FeedCommand
from local.feeders.pace import Pace
from local.feeders.sender import DEFAULT_IN_FLIGHT, Sender, ServerGone, open_session, reach
from local.feeders.summary import Summary
from local.simulator.league import League
from odds.adapters import clock

_STATUS_EVERY_SECONDS = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Play until stopped, or for the duration given, and return the exit status."""
    options = _parse(argv)
    summary = Summary()
    try:
        asyncio.run(_run(options, summary))
    except ServerGone as error:
        print(f"{error}. Is the system up (make up)?", file=sys.stderr)
        return 2
    print(summary.describe())
    return 1 if summary.rejected.total or summary.failed.total else 0


async def _run(options: argparse.Namespace, summary: Summary) -> None:
    """Play until done, SIGINT or SIGTERM."""
    play = asyncio.create_task(_play(options, summary))
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, play.cancel)
    status = asyncio.create_task(_print_status(summary))
    try:
        with suppress(asyncio.CancelledError):
            await play
    finally:
        status.cancel()


async def _play(options: argparse.Namespace, summary: Summary) -> None:
    async with open_session(DEFAULT_IN_FLIGHT) as session:
        await reach(session, options.url)
        sender = Sender(session, options.url, summary)
        await sender.play(_commands(options), Pace(speed=1.0))


def _commands(options: argparse.Namespace) -> Iterable[FeedCommand]:
    start = clock.now()
    commands = League(Random(options.seed), start).commands(start, options.rate)
    if options.duration is None:
        return commands
    end = start + round(options.duration * 1e6)
    return itertools.takewhile(lambda command: command.occurred_at < end, commands)


async def _print_status(summary: Summary) -> None:
    while True:
        await asyncio.sleep(_STATUS_EVERY_SECONDS)
        p50, p99 = summary.latency()
        print(
            f"simulator: {summary.accepted:,} accepted, {summary.rejected.total:,} rejected, "
            f"{summary.failed.total:,} failed, {summary.rate():.0f}/s, "
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
            flush=True,
        )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.simulator",
        description="Send plausible in-play odds of several sports and bookmakers.",
    )
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the API is")
    parser.add_argument("--rate", type=_above_zero, default=20.0, help="about so many changes/s")
    parser.add_argument("--seed", type=int, help="play the same games and scores again")
    parser.add_argument("--duration", type=_above_zero, help="stop after so many seconds")
    return parser.parse_args(argv)


def _above_zero(text: str) -> float:
    with suppress(ValueError):
        if 0 < (number := float(text)) < float("inf"):
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")


if __name__ == "__main__":
    sys.exit(main())
