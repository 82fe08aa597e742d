"""Which emulators a stack has: Google's, or our own."""

from enum import StrEnum
from pathlib import Path

from local.emulators import embedded, google
from local.part import Part


class Emulators(StrEnum):
    GOOGLE = "google"
    EMBEDDED = "embedded"

    @classmethod
    def available(cls) -> "Emulators":
        """Google's when they are installed, else ours."""
        return cls.GOOGLE if google.installed() else cls.EMBEDDED

    @property
    def durable_bus(self) -> bool:
        """Whether the event bus still holds after a restart what it held before."""
        return self is Emulators.EMBEDDED

    @property
    def keeps_policies(self) -> bool:
        """Whether a push subscription with a retry or dead-letter policy goes on pushing."""
        return self is Emulators.EMBEDDED

    def pubsub(self, port: int, data: Path, durable: bool, faults: bool = False) -> Part:
        """``data`` is a folder. Not ``durable`` is faster, and what a crash of the machine loses.
        With ``faults`` ours do wrong when a test tells them to; Google's never do.

        Raises StackError where something is not installed.
        """
        if self is Emulators.GOOGLE:
            return google.pubsub_emulator(port)
        return embedded.pubsub_emulator(port, data, durable, faults=faults)

    def datastore(self, port: int, data: Path, durable: bool, faults: bool = False) -> Part:
        """As ``pubsub`` does."""
        if self is Emulators.GOOGLE:
            return google.datastore_emulator(port, data / "datastore")
        return embedded.datastore_emulator(port, data, durable, faults=faults)
