"""A server to measure, on a core of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.fanout.peers import Peer
from local.processes import Processes

SERVER_CORE, READERS_CORE = {0}, {1}


class Serving(NamedTuple):
    address: str
    pid: int


@contextmanager
def serving(peer: Peer) -> Iterator[Serving]:
    """The peer, once it is ready; whoever measures it has the other core from here on."""
    with ExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="moneyline-")))
        directory.chmod(0o755)
        processes = Processes(directory)
        opened.callback(processes.stop_all)
        opened.callback(peer.close)
        part = peer.part(directory)
        os.sched_setaffinity(0, SERVER_CORE)
        processes.start(part, os.environ)
        processes.wait_ready(part)
        os.sched_setaffinity(0, READERS_CORE)
        found = processes.named(part.name)
        assert found is not None
        yield Serving(part.address, found.pid)
