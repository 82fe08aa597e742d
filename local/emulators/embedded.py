"""Our own emulators, which need nothing but Python."""

import socket
import sys
from pathlib import Path

from local.part import Part
from local.ports import HOST

_ROOT = Path(__file__).parents[2]


def pubsub_emulator(port: int, data: Path, durable: bool, *, faults: bool = False) -> Part:
    """Keeps all in the folder ``data``; a crash of the machine may lose what isn't ``durable``.

    With ``faults`` a test may ask for some.
    """
    return _emulator("pubsub", port, data, durable, faults)


def datastore_emulator(port: int, data: Path, durable: bool, *, faults: bool = False) -> Part:
    """As ``pubsub_emulator`` does."""
    return _emulator("datastore", port, data, durable, faults)


def _emulator(kind: str, port: int, data: Path, durable: bool, faults: bool) -> Part:
    data.mkdir(parents=True, exist_ok=True)
    where = ("--port", str(port), "--data", str(data.resolve() / f"{kind}.sqlite"))
    how = (*(() if durable else ("--fast",)), *(("--faults",) if faults else ()))
    command = (sys.executable, "-m", f"local.emulators.{kind}", *where, *how)
    return Part(
        name=f"{kind}-emulator",
        command=command,
        ready=lambda: _listens(port),
        address=f"{HOST}:{port}",
        directory=_ROOT,
        maker="ours",
    )


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port)):
            return True
    except OSError:
        return False
