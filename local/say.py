"""What the stack says on the way."""

import os
import sys


def say(text: str) -> None:
    """Print it at once. Where nobody reads on (``| head``), go on in silence: what is being
    started or stopped must not be left halfway."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
