"""``python -m replayer``: what it can be asked."""

import argparse

from replayer.parameters import KNOWN

_HELP = {
    "env": "where the events go: local, stg or prod",
    "source": "where they come from; the environment that the replayer runs in, where not given",
    "from": "first time, included: RFC 3339 or Unix seconds",
    "to": "last time, left out; now where not given",
    "confirm": "the project of an environment that is changed only on purpose",
    "velocity": "only this velocity tier",
    "topic": "publish to this topic instead, for a new subsystem",
    "rate": "at most so many events a second",
    "speed": "keep the recorded spacing: 1, or 10 for ten times as fast",
}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m replayer", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    _replays(commands)
    _recovery(commands)
    for name, what in (("parked", "parked message"), ("dead-letter", "dead letter")):
        _set_aside(commands, name, what)
    return top


def _replays(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser("replay", help="publish stored events again, and watch it")
    for name in KNOWN:
        if name not in ("domain", "dry_run"):
            replay.add_argument(f"--{name.replace('_', '-')}", dest=name, help=_HELP.get(name))
    replay.add_argument("--domain", default="odds", choices=["odds"])
    replay.add_argument(
        "--dry-run", action="store_const", const="true", help="count, and publish nothing"
    )
    commands.add_parser("list", help="the last replays")
    for name, what in (
        ("show", "how far a replay is"),
        ("cancel", "stop a replay"),
        ("resume", "let a replay that stopped go on here, where it was"),
        ("work", "run a replay that is queued, as the service has it run"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("replay_id")
        if name == "work":
            command.add_argument("--parent", type=int, help="end when this process is gone")


def _recovery(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, what in (
        ("rebuild", "make the read model anew from the event store"),
        ("diff", "what a rebuild would change in what is served"),
        ("verify", "hold the read model against the event store"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--env", help="whose read model, and whose event store")
        command.add_argument("--source", help="another environment's event store")
        command.add_argument("--json", action="store_true", help="report in JSON")
        if name != "verify":
            command.add_argument(
                "--accept-losses",
                type=int,
                default=0,
                metavar="N",
                help="go on though N events are unreadable, or served and not stored",
            )
        if name == "rebuild":
            command.add_argument("--confirm", help=_HELP["confirm"])


def _set_aside(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> None:
    tools = commands.add_parser(name, help=f"list, show, redrive or drop a {what}")
    actions = tools.add_subparsers(dest="action", required=True, metavar="action")
    for action in ("list", "show", "redrive", "drop"):
        one = actions.add_parser(action)
        one.add_argument("--env", help="whose")
        if action == "list":
            continue
        one.add_argument("names", nargs="*", help=f"which {what}")
        if action != "show":
            one.add_argument("--all", action="store_true", help=f"every {what}")
            one.add_argument("--confirm", help=_HELP["confirm"])
