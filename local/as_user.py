"""Turns into another program, run by another user: ``as_user.py USER PROGRAM [ARGUMENT...]``.

Python's subprocess could change the user too, but forks for it, which gRPC's threads, where the
caller has any, do not survive.
"""

import os
import pwd
import sys
from collections.abc import Sequence


def become(name: str, command: Sequence[str]) -> None:
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.execv(command[0], tuple(command))


if __name__ == "__main__":
    become(sys.argv[1], sys.argv[2:])
