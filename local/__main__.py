"""The local stack's command line; ``make help`` says what there is."""

import argparse
import os
import sys
from pathlib import Path

from local.commands import COMMANDS
from local.errors import StackError
from local.ports import Ports
from local.settings import ROOT, StackSettings
from local.stack import Stack
from odds import settings


def main(arguments: list[str]) -> int:
    """Exit status 0, or 1 where a StackError or SettingsError has been said."""
    asked = _parser().parse_args(arguments)
    try:
        stack = Stack(
            asked.directory,
            settings.read(StackSettings, os.environ),
            settings.read(Ports, os.environ),
        )
        COMMANDS[asked.command](stack, asked)
    except (StackError, settings.SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    commands = {
        name: subparsers.add_parser(name, help=command.__doc__, description=command.__doc__)
        for name, command in COMMANDS.items()
    }
    for command in commands.values():
        command.add_argument("--directory", type=Path, default=ROOT / ".local")
    commands["down"].add_argument(
        "--force", action="store_true", help="give up events that are still on the bus"
    )
    # A positional of this kind takes every option after it, so no other command may have it.
    commands["replayer"].add_argument("rest", nargs=argparse.REMAINDER, help="what it is asked")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
