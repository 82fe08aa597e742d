"""One bad day, from a seed."""

import os
import time
from collections.abc import Callable
from random import Random

from sqlalchemy import Engine, NullPool, create_engine

from local.emulators.choice import Emulators
from local.settings import StackSettings
from local.stack import Stack
from odds import settings
from tests.chaos.emulator_faults import emulator_faults
from tests.chaos.faults import Fault, faults
from tests.chaos.judgement import Counts, Judgement
from tests.chaos.providers import Providers
from tests.chaos.turns import turns
from tests.chaos.unruly_bus import UnrulyBus
from tests.chaos.verdict import all_logged, judge, verified_by_operator
from tests.waiting import wait_for

RECOVERY = 240.0
"""Seconds in which all that was accepted must be projected once nothing breaks any more."""

Say = Callable[[str], None]


def chosen_emulators() -> Emulators:
    return settings.read(StackSettings, os.environ).chosen_emulators()


def bad_day(
    stack: Stack, seed: int, number: int | None = None, say: Say = print
) -> list[Judgement]:
    """Break a running stack so many times, by default in each way once, and judge each time.

    The seed says what breaks when, and how. The day ends with the first fault that leaves
    something wrong, which would be found after each later one too.
    """
    script = Random(seed)
    # No pool: connections are cut here, ours too.
    engine = create_engine(stack.environment["DATABASE_URL"], poolclass=NullPool)
    projector_url = f"http://127.0.0.1:{stack.environment['PROJECTOR_PORT']}"
    bus = UnrulyBus(projector_url, Random(script.random()))
    providers = Providers(stack.gateway_url, Random(script.random()))
    judged: list[Judgement] = []
    with bus.serving() as push_url:
        stack.push_to(push_url)
        kinds = _kinds(stack, bus, push_url, engine, script)
        court = _Court(stack, bus, providers, engine, say)
        for name in turns(list(kinds), script, number):
            _break(name, kinds[name], providers, script)
            judged.append(court.judge(name))
            if judged[-1].wrong:
                break
        stack.push_to(projector_url)
    judged[-1].wrong.extend(verified_by_operator(stack))
    say(
        f"  pushes {bus.pushed}, repeated {bus.repeated}, delayed {bus.delayed}, "
        f"old ones again {bus.old}, cut off {bus.cut}"
    )
    return judged


def _kinds(
    stack: Stack, bus: UnrulyBus, push_url: str, engine: Engine, script: Random
) -> dict[str, Fault]:
    everywhere = faults(stack, bus, engine, script)
    if chosen_emulators() is Emulators.EMBEDDED:
        return everywhere | emulator_faults(stack, push_url, script)
    return everywhere


def _break(name: str, fault: Fault, providers: Providers, script: Random) -> None:
    """Under load, before and after too."""
    before, after = script.random(), script.random()
    with providers.sending():
        time.sleep(before)
        try:
            fault()
        except Exception as error:
            error.add_note(f"while this was broken or mended: {name}")
            raise
        time.sleep(after)


class _Court:
    """Judges all that was accepted so far, while nobody sends anything."""

    def __init__(
        self, stack: Stack, bus: UnrulyBus, providers: Providers, engine: Engine, say: Say
    ) -> None:
        self._stack = stack
        self._bus = bus
        self._providers = providers
        self._engine = engine
        self._say = say
        self._before = Counts()

    def judge(self, name: str) -> Judgement:
        self._providers.last_words()
        began = time.monotonic()
        on_its_way = self._wait_for_all()
        seconds = time.monotonic() - began
        verdict = judge(self._stack, self._engine, self._providers.accepted)
        all_of_them = Counts(
            verdict.accepted,
            self._providers.refused,
            self._bus.pushed,
            verdict.stored,
            verdict.logged,
        )
        counts, self._before = all_of_them.since(self._before), all_of_them
        wrong = [*self._providers.given_up, *on_its_way, *verdict.wrong]
        self._say(
            f"  {name:<36}{verdict.accepted:>6} accepted {verdict.stored:>6} stored "
            f"{verdict.logged:>6} logged {verdict.odds:>5} odds  "
            f"at rest after {seconds:.1f} s: {len(wrong) or 'nothing'} wrong"
        )
        return Judgement(name, counts, seconds, [f"{name}: {what}" for what in wrong])

    def _wait_for_all(self) -> list[str]:
        """Wait as long as may be; which events are missing then is for the verdict to say."""
        try:
            wait_for(self._at_rest, seconds=RECOVERY)
        except TimeoutError:
            return [f"something is still on its way after {RECOVERY:.0f} s"]
        return []

    def _at_rest(self) -> bool:
        return self._bus.at_rest and all_logged(self._engine, self._providers.accepted)
