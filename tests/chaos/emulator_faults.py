"""What breaks in our own emulators: calls, connections, and the processes themselves."""

import time
from functools import partial
from random import Random

import grpc

from local.emulators import faults
from local.emulators.faults import Wrong
from local.emulators.google import DATASTORE, PUBSUB
from local.stack import Stack
from odds.adapters import emulator
from tests.chaos.faults import AWAY_AT_MOST, Fault
from tests.waiting import wait_for

CALLS_AT_MOST = 20
REFUSED_AT_MOST = 3
"""Pushes: fewer than the attempts after which a message is given up."""
CALLS = {"Datastore": (DATASTORE, ""), "Pub/Sub": (PUBSUB, "Publish")}
WRONGS = {
    Wrong.REFUSE: "refuses",
    Wrong.DELAY: "is late",
    Wrong.LOSE_ANSWER: "loses answers",
    Wrong.CUT_CONNECTIONS: "cuts connections",
}
PUSHES = {
    Wrong.REFUSE: ("refused", REFUSED_AT_MOST),
    Wrong.DELAY: ("overtaken", CALLS_AT_MOST),
    Wrong.REPEAT: ("repeated", CALLS_AT_MOST),
}


def emulator_faults(stack: Stack, push_url: str, random: Random) -> dict[str, Fault]:
    """By name, of emulators that take faults; each returns once all is well again."""

    def do_wrong(part: str, method: str, wrong: Wrong, calls_at_most: int) -> None:
        times = 1 if wrong == Wrong.CUT_CONNECTIONS else random.randint(1, calls_at_most)
        seconds = random.random() if wrong == Wrong.DELAY else 0.0
        told = faults.Fault(wrong, method, times=times, seconds=seconds)
        process = stack.processes.named(part)
        assert process is not None
        with emulator.channel(process.address) as channel:
            faults.tell(channel, told)
            time.sleep(random.random() * AWAY_AT_MOST)
            wait_for(lambda: _is_told(channel))

    def kill(part: str) -> None:
        stack.kill_part(part)
        time.sleep(random.random() * AWAY_AT_MOST)
        stack.start_part(part)
        stack.push_to(push_url)  # where Pub/Sub starts, it pushes to the projector

    return {
        **{
            f"{name} {how}": partial(do_wrong, part, method, wrong, CALLS_AT_MOST)
            for name, (part, method) in CALLS.items()
            for wrong, how in WRONGS.items()
        },
        **{
            f"pushes {how}": partial(do_wrong, PUBSUB, "Push", wrong, at_most)
            for wrong, (how, at_most) in PUSHES.items()
        },
        "Pub/Sub takes all twice": partial(
            do_wrong, PUBSUB, "Publish", Wrong.REPEAT, CALLS_AT_MOST
        ),
        "Datastore killed": partial(kill, DATASTORE),
        "Pub/Sub killed": partial(kill, PUBSUB),
    }


def _is_told(channel: grpc.Channel) -> bool:
    """To do no more wrong; not while its connections are cut."""
    try:
        faults.tell(channel)
    except grpc.RpcError:
        return False
    return True
