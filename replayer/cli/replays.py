"""Replays on the command line."""

import argparse
import time
from collections.abc import Mapping

import msgspec

from replayer.cli.shown import Bar, tell
from replayer.parameters import KNOWN
from replayer.parent import end_with
from replayer.replay import Replay, State
from replayer.replays import LEASE, ReplayTaken
from replayer.responses import described
from replayer.workshop import Workshop, owner

_AGAIN = 1.0


def replay(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Add a replay and run it here. Exit status 0 where it finished."""
    request = workshop.read(_parameters(vars(asked)))
    added = workshop.add(request)
    tell(f"replay {added.replay_id}; if it stops: python -m replayer resume {added.replay_id}")
    return _run(workshop, added.replay_id)


def resume(workshop: Workshop, asked: argparse.Namespace) -> int:
    workshop.replays.reopen(asked.replay_id)
    return _run(workshop, asked.replay_id)


def work(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Run a replay once no other worker has it: the lease of one that was killed ends by itself.

    Exit status 0 where it is over, however it ended: to be started again would change nothing.
    """
    if asked.parent is not None:
        end_with(asked.parent)
    deadline = time.monotonic() + 2 * LEASE / 1e6
    while True:
        try:
            workshop.run(asked.replay_id)
        except ReplayTaken as error:
            if workshop.replays.get(asked.replay_id).state.over:
                return 0
            if time.monotonic() > deadline:
                tell(str(error))
                return 0
            time.sleep(_AGAIN)
        else:
            return 0


def show(workshop: Workshop, asked: argparse.Namespace) -> int:
    _print(workshop.replays.get(asked.replay_id), workshop.now())
    return 0


def newest(workshop: Workshop, asked: argparse.Namespace) -> int:
    for each in workshop.replays.newest():
        request, progress = each.request, each.progress
        print(
            f"{each.replay_id}  {each.state:<9}  {request.source} > {request.target}  "
            f"{each.done:4.0%}  {progress.published:,} published, {progress.failed:,} failed"
        )
    return 0


def cancel(workshop: Workshop, asked: argparse.Namespace) -> int:
    _print(workshop.replays.cancel(asked.replay_id), workshop.now())
    return 0


def _run(workshop: Workshop, replay_id: str) -> int:
    with Bar("published") as bar:

        def told(replay: Replay) -> None:
            waits = f"waiting: {replay.trouble}" if replay.trouble else f"{replay.rate:,.0f}/s"
            bar.show(replay.done, replay.progress.published, waits)

        try:
            ended = workshop.run(replay_id, told=told)
        except KeyboardInterrupt:
            ended = workshop.replays.give_up(replay_id, owner())
    _print(ended, workshop.now())
    return 0 if ended.state is State.FINISHED and not ended.progress.failed else 1


def _parameters(asked: Mapping[str, object]) -> dict[str, str]:
    return {name: str(asked[name]) for name in KNOWN if asked.get(name) is not None}


def _print(replay: Replay, now: int) -> None:
    print(msgspec.json.format(msgspec.json.encode(described(replay, now)), indent=2).decode())
