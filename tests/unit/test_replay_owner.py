"""Who has a replay: its worker's process."""

import subprocess
import sys

from tests.paths import ROOT

TWICE = """
import os, socket
os.getpid, socket.gethostname = lambda: 1, lambda: "localhost"
from replayer.workshop import owner
print(owner(), owner())
"""


def test_processes_of_one_number_on_hosts_of_one_name_are_two_owners() -> None:
    """As containers may be."""
    told = [
        subprocess.check_output([sys.executable, "-c", TWICE], cwd=ROOT, text=True).split()
        for _ in range(2)
    ]
    assert [len({*names}) for names in told] == [1, 1]
    assert told[0] != told[1]
