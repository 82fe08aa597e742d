"""Who may do what, from one file that all services read."""

from pathlib import Path
from typing import Literal

import msgspec
import msgspec.yaml


class Callers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Callers are named by the email of their ID tokens: a service account's, as Google makes none
    for an audience of ours for people.

    ``push`` is the service account that Pub/Sub pushes as; ``providers`` tells which Provider
    names each caller may speak for; ``readers`` may also be everybody (``public``) or everybody
    with a token for us (``authenticated``).
    """

    push: str
    providers: dict[str, frozenset[str]] = {}
    operators: frozenset[str] = frozenset()
    readers: Literal["public", "authenticated"] | frozenset[str] = frozenset()

    @classmethod
    def load(cls, path: Path) -> "Callers":
        """Read the file. Raises OSError, or msgspec.DecodeError that says what is wrong."""
        return msgspec.yaml.decode(path.read_bytes(), type=cls)
