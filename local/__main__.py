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
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--directory", type=Path, default=ROOT / ".local")
    parser.add_argument(
        "--force", action="store_true", help="down: give up events that are still on the bus"
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="replayer: what it is asked")
    return parser


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
