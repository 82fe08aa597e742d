"""Play a file of recorded odds: ``python -m local.feeders FILE``."""

import argparse
import asyncio
import math
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from local.feeders.commands import FeedCommand, UnusableLine
from local.feeders.pace import FULL_SPEED, Pace, Speed
from local.feeders.progress import shown_progress
from local.feeders.recognise import UnknownFormat, read_file
from local.feeders.sender import DEFAULT_IN_FLIGHT, Sender, ServerGone, open_session, reach
from local.feeders.summary import Summary
from odds.command import (
    CommandName,
    CommandRequest,
    Domain,
    InvalidCommand,
    Payload,
    check_command,
)

_CLEAN, _UNCLEAN, _UNUSABLE, _INTERRUPTED = 0, 1, 2, 130

_DESCRIPTION = """\
Play a file of recorded odds through the command API by HTTP, like any provider. Recognised by
their content: recorded Betfair Exchange streams (JSON lines) and football-data.co.uk CSVs.
A file played twice sends the same commands, so that it changes nothing the second time."""

_EPILOG = """\
exit status: 0 all accepted, 1 some rejected, failed or not sent, 2 nothing could be played,
130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    """Play a file, print the summary, and return the exit status."""
    options = _parse(argv)
    summary = Summary()
    try:
        commands = _read(options.file, options.provider, summary)
        _check_providers(commands)
    except (OSError, UnknownFormat, InvalidCommand) as error:
        return _complain(f"{options.file}: {error}")
    if not commands:
        return _complain(
            "\n".join([f"{options.file}: no odds in it", *summary.unusable.describe()])
        )
    try:
        asyncio.run(_play(commands, options, summary))
        status = _CLEAN if summary.clean else _UNCLEAN
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except ServerGone as error:
        status = _complain(f"{error}. Is the system up (make up)?")
    if summary.sent or status != _UNUSABLE:
        print(summary.describe())
    return status


async def _play(
    commands: Sequence[FeedCommand], options: argparse.Namespace, summary: Summary
) -> None:
    async with open_session(options.in_flight) as session:
        await reach(session, options.url)
        sender = Sender(session, options.url, summary, in_flight=options.in_flight)
        async with shown_progress(summary, len(commands)):
            summary.start()
            await sender.play(commands, Pace(options.speed))


def _read(path: Path, provider: str | None, summary: Summary) -> list[FeedCommand]:
    """The commands of a file, while the summary counts its unusable lines."""
    commands = []
    for read in read_file(path, provider):
        if isinstance(read, UnusableLine):
            summary.unusable.add(read.reason, read.line)
        else:
            commands.append(read)
    return commands


def _check_providers(commands: Iterable[FeedCommand]) -> None:
    """Raises InvalidCommand for the first Provider whose every command would be refused."""
    for provider in dict.fromkeys(command.body["Provider"] for command in commands):
        plain = CommandRequest(
            request_id="any",
            provider=provider,
            command=CommandName.DELETE_ODDS,
            domain=Domain.ODDS,
            payload=Payload(game_id="any"),
        )
        check_command(plain, now=0)


def _complain(problem: str) -> int:
    print(problem, file=sys.stderr)
    return _UNUSABLE


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.feeders",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the API is")
    parser.add_argument(
        "--speed", type=_speed, default="max", help="max, or times as fast as recorded"
    )
    parser.add_argument(
        "--provider",
        help="the Provider of a Betfair stream (default: betfair); "
        "for a CSV, what to put before each bookmaker's code (NAME-B365; default: B365)",
    )
    parser.add_argument(
        "--in-flight", type=_count, default=DEFAULT_IN_FLIGHT, help="most requests at once"
    )
    options = parser.parse_args(argv)
    options.provider = options.provider or None  # `make feed` passes PROVIDER= as it is
    return options


def _speed(text: str) -> Speed:
    if text == "max":
        return FULL_SPEED
    with suppress(ValueError):
        if 0 < (speed := float(text)) < math.inf:
            return speed
    raise argparse.ArgumentTypeError(f"{text!r} is neither max nor a number above 0")


def _count(text: str) -> int:
    with suppress(ValueError):
        if (number := int(text)) > 0:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")


if __name__ == "__main__":
    sys.exit(main())
