"""What the local stack can be asked to do."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable

from local.errors import StackError
from local.foreground import Stopped, stop_undisturbed, stopped_by_signals, watch
from local.say import say
from local.settings import ROOT
from local.stack import Stack
from local.try_it import what_to_try


def up(stack: Stack, asked: argparse.Namespace) -> None:
    """Start what isn't running, and leave it running."""
    start = time.monotonic()
    with stopped_by_signals():
        try:
            stack.start()
        except Stopped as signal:
            raise StackError(f"{signal}: what was started is stopped again") from None
    say(f"Ready in {time.monotonic() - start:.1f} s: {stack.gateway_url}")


def down(stack: Stack, asked: argparse.Namespace) -> None:
    """Stop what runs; what the event bus holds is stored first."""
    stop_undisturbed(stack, lose_events=asked.force)
    say("Stopped.")


def demo(stack: Stack, asked: argparse.Namespace) -> None:
    """Run the stack with live odds until Ctrl-C."""
    if stack.processes.alive():
        raise StackError("the stack is running already: `make down` stops it")
    try:
        with stopped_by_signals():
            stack.start()
            stack.start_simulator()
            say(what_to_try(stack.gateway_url))
            watch(stack.processes)
    except Stopped:
        say("\nStopping.")
    finally:
        _leave_nothing_behind(stack)


def status(stack: Stack, asked: argparse.Namespace) -> None:
    """Say of each process whether it runs and where."""
    processes = stack.processes.all()
    if not processes:
        say("Nothing is running: `make up` or `make demo` starts the stack.")
    for process in processes:
        state = "running" if process.alive() else "died"
        who = f"{process.name:<20} {state:<8} pid {process.pid:<8}"
        say(f"{who} {process.address}  {process.maker}".rstrip())


def logs(stack: Stack, asked: argparse.Namespace) -> None:
    """Follow every process' log; never returns."""
    files = sorted(str(log) for log in stack.processes.logs.glob("*.log"))
    if not files:
        raise StackError("there are no logs yet: `make up` or `make demo` starts the stack")
    os.execvp("tail", ("tail", "-n", "20", "-F", *files))


def replayer(stack: Stack, asked: argparse.Namespace) -> None:
    """Become ``python -m replayer``, with this stack as its local environment; never returns."""
    os.chdir(ROOT)
    command = (sys.executable, "-m", "replayer", *asked.rest)
    os.execve(sys.executable, command, stack.environment)


def clean(stack: Stack, asked: argparse.Namespace) -> None:
    """Stop what runs and delete its events, read model and logs."""
    stop_undisturbed(stack, lose_events=True)
    for directory in (stack.data, stack.processes.logs):
        shutil.rmtree(directory, ignore_errors=True)
    say("Deleted all data and logs.")


def _leave_nothing_behind(stack: Stack) -> None:
    try:
        stop_undisturbed(stack, lose_events=False)
    except StackError as reason:
        say(f"Stopping all the same, though events may be lost: {reason}")
        stop_undisturbed(stack, lose_events=True)


COMMANDS: dict[str, Callable[[Stack, argparse.Namespace], None]] = {
    command.__name__: command for command in (up, down, demo, status, logs, replayer, clean)
}
