"""One bad day, from a seed."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from sqlalchemy import Engine, NullPool, create_engine

from local.emulators.choice import Emulators
from local.settings import StackSettings
from local.stack import Stack
from odds import settings
from tests.chaos.emulator_faults import emulator_faults
from tests.chaos.faults import Fault, faults
from tests.chaos.providers import Providers
from tests.chaos.unruly_bus import UnrulyBus
from tests.chaos.verdict import Verdict, judge, logged
from tests.waiting import wait_for

RECOVERY = 240.0
"""Seconds in which all that was accepted must be projected once nothing breaks any more."""


def bad_day(stack: Stack, seed: int, seconds: float, say: Callable[[str], None] = print) -> Verdict:
    """Break a running stack for so long, and judge what is left.

    Every kind of fault comes before any comes again: given the time, each at least once.
    """
    script, random = Random(seed), Random(seed)
    # No pool: connections are cut here, ours too.
    engine = create_engine(stack.environment["DATABASE_URL"], poolclass=NullPool)
    projector_url = f"http://127.0.0.1:{stack.environment['PROJECTOR_PORT']}"
    bus = UnrulyBus(projector_url, random)
    providers = Providers(stack.gateway_url, random)
    with bus.serving() as push_url:
        stack.push_to(push_url)
        with providers.sending():
            broken = _break(_faults(stack, bus, push_url, engine, random), script, seconds, say)
        providers.last_words()
        _wait_for_all(lambda: providers.accepted <= logged(engine), say)
        stack.push_to(projector_url)
    verdict = judge(stack, engine, providers.accepted)
    say(f"  broken: {', '.join(f'{name} x{times}' for name, times in sorted(broken.items()))}")
    say(
        f"  pushes {bus.pushed}, repeated {bus.repeated}, delayed {bus.delayed}, "
        f"old ones again {bus.old}, cut off {bus.cut}"
    )
    say(f"  commands refused and sent again {providers.refused}")
    say(f"  {verdict}")
    return verdict


def _faults(
    stack: Stack, bus: UnrulyBus, push_url: str, engine: Engine, random: Random
) -> dict[str, Fault]:
    everywhere = faults(stack, bus, engine, random)
    if settings.read(StackSettings, os.environ).chosen_emulators() is Emulators.EMBEDDED:
        return everywhere | emulator_faults(stack, push_url, random)
    return everywhere


def _break(
    faults: dict[str, Fault],
    script: Random,
    seconds: float,
    say: Callable[[str], None],
) -> Counter[str]:
    broken: Counter[str] = Counter()
    end = time.monotonic() + seconds
    for name in _rounds(list(faults), script):
        time.sleep(script.random())
        if time.monotonic() >= end:
            break
        say(f"  {name}")
        faults[name]()
        broken[name] += 1
    return broken


def _rounds(names: list[str], script: Random) -> Iterator[str]:
    """All names in some order, and again in another, without end."""
    while True:
        script.shuffle(names)
        yield from names


def _wait_for_all(condition: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Wait as long as may be; what is missing then is for the verdict to say."""
    began = time.monotonic()
    try:
        wait_for(condition, seconds=RECOVERY)
    except TimeoutError:
        say(f"  not all projected {RECOVERY:.0f} s after the last fault")
    else:
        say(f"  all projected {time.monotonic() - began:.1f} s after the last fault")
