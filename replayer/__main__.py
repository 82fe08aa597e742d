"""``python -m replayer``: replay, rebuild, verify and redrive from a terminal."""

import os
import sys

import msgspec
from google.auth.exceptions import GoogleAuthError
from pg8000.exceptions import Error as DriverError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from odds import settings
from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import BatchRefused, ReadModelUnavailable
from odds.adapters.telemetry import logs
from replayer.cli import arguments, recovery, replays, set_aside
from replayer.cli.shown import tell
from replayer.environments import BadEnvironment
from replayer.parameters import BadParameter
from replayer.recovery.rebuild import RebuildRefused
from replayer.replays import NoSuchReplay, ReplayTaken
from replayer.settings import Settings
from replayer.workshop import Workshop

COMMANDS = {
    "replay": replays.replay,
    "list": replays.newest,
    "show": replays.show,
    "cancel": replays.cancel,
    "resume": replays.resume,
    "work": replays.work,
    "rebuild": recovery.rebuild,
    "diff": recovery.diff,
    "verify": recovery.verify,
    "parked": set_aside.parked,
    "dead-letter": set_aside.dead_letter,
}
_WRONG = (BadParameter, BadEnvironment, settings.SettingsError, msgspec.ValidationError)
_FAILED = (
    *(NoSuchReplay, ReplayTaken, RebuildRefused, BatchRefused),
    *(EventStoreUnavailable, EventBusUnavailable, ReadModelUnavailable),
    *(DriverError, SQLAlchemyError, GoogleAuthError, OSError),
)


def main(arguments_given: list[str]) -> int:
    """Exit status 0; 1 where it failed or found a difference; 2 where it was asked wrongly."""
    asked = arguments.parser().parse_args(arguments_given)
    try:
        given = settings.read(Settings, os.environ)
        # The logs of a worker are those of its service; a person sees a bar, and warnings.
        level = given.log_level if asked.command == "work" else "WARNING"
        logs.configure("replayer", level=level, project=given.google_cloud_project)
        return COMMANDS[asked.command](Workshop(given, os.environ), asked)
    except _WRONG as error:
        tell(str(error))
        return 2
    except _FAILED as error:
        tell(_said(error))
        return 1


def _said(error: Exception) -> str:
    """What PostgreSQL's driver said, without what SQLAlchemy adds."""
    cause = (isinstance(error, DBAPIError) and error.orig) or error
    return f"{type(cause).__name__}: {postgres.message(cause) or cause}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
