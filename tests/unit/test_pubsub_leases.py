"""Leases of our Pub/Sub emulator: when they run out, and what they hold on to."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from itertools import count

import pytest

from local.emulators.pubsub.backlog import Delivery
from local.emulators.pubsub.leases import Lease, Leases
from local.emulators.pubsub.message import Message

Test = Callable[[Leases, list[Lease]], Coroutine[None, None, None]]


def run(test: Test) -> None:
    """With leases, and those of them that have run out."""

    async def in_a_loop() -> None:
        expired: list[Lease] = []
        await test(Leases(count(1), expired.append), expired)

    asyncio.run(in_a_loop())


def deliveries(number: int) -> list[Delivery]:
    return [Delivery(Message(each, "", b"x"), None) for each in range(number)]


def test_leases_run_out_in_their_order_but_for_those_that_ended() -> None:
    async def over(leases: Leases, expired: list[Lease]) -> None:
        granted = leases.grant(deliveries(4), 0.01, None)
        leases.end([granted[1].delivery])
        leases.prolong([granted[2]], 60)
        await asyncio.sleep(0.05)
        assert expired == [granted[0], granted[3]]

    run(over)


@pytest.mark.parametrize("times", [1, 2])
def test_a_lease_that_is_prolonged_runs_out_by_its_last_term(times: int) -> None:
    async def prolonged(leases: Leases, expired: list[Lease]) -> None:
        (lease,) = leases.grant(deliveries(1), 60, None)
        leases.prolong([lease] * times, 0.01)
        await asyncio.sleep(0.05)
        assert expired == [lease]

    run(prolonged)


def test_what_has_ended_is_not_held_until_its_time_is_over() -> None:
    class Held(Delivery):
        """Can be referred to weakly."""

    async def ended(leases: Leases, _: list[Lease]) -> None:
        held = [Held(Message(number, "", b"x"), None) for number in range(3)]
        known = [weakref.ref(each) for each in held]
        leases.grant(held, 60, None)
        leases.end(held[:2])
        held.clear()
        gc.collect()
        assert [each() is None for each in known] == [True, True, False]

    run(ended)
