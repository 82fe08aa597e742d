"""What a provider sends who plays a file."""

from pathlib import Path
from uuid import UUID

from local.feeders.commands import FeedCommand
from local.feeders.recognise import read_file
from odds import identity


def events_of(file: Path) -> list[UUID]:
    """The ids of the events of its commands."""
    return [_event_id(each) for each in read_file(file) if isinstance(each, FeedCommand)]


def _event_id(command: FeedCommand) -> UUID:
    return identity.event_id(str(command.body["Provider"]), str(command.body["RequestID"]))
