"""``event_bus.yaml``, read from disk."""

from pathlib import Path

from odds.event_bus import EventBus


def load(path: Path) -> EventBus:
    """Raises OSError, or msgspec.DecodeError that names what is wrong."""
    return EventBus.parse(path.read_bytes())
