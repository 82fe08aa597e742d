"""A subscription of our Pub/Sub emulator while a message of a key is being dead-lettered."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from local.emulators.pubsub.api import Subscription as Config
from local.emulators.pubsub.backlog import Delivery
from local.emulators.pubsub.leases import Lease
from local.emulators.pubsub.message import Message
from local.emulators.pubsub.subscription import Subscription


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("out_again", [True, False])
def test_a_dead_letter_of_a_key_may_go_back_with_an_earlier_message(
    taken: bool, out_again: bool
) -> None:
    async def go_back(subscription: Subscription, answer: Callable[[bool], None]) -> None:
        first, second, _ = subscription.lease(10, 10**6, 60)
        second.delivery.attempt = 5
        subscription.prolong([second.receipt], 0)
        subscription.prolong([first.receipt], 0)
        again = subscription.lease(10, 10**6, 60) if out_again else []
        answer(taken)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        again = again or subscription.lease(10, 10**6, 60)
        assert _data(again) == [b"1", b"2", b"3"]
        assert subscription.lease(10, 10**6, 60) == []
        subscription.acknowledge([lease.receipt for lease in again])
        subscription.add([_message(4)])
        assert _data(subscription.lease(10, 10**6, 60)) == [b"4"]

    asyncio.run(_with_three_of_a_key(go_back))


async def _with_three_of_a_key(
    test: Callable[[Subscription, Callable[[bool], None]], Awaitable[None]],
) -> None:
    """Of a subscription that dead-letters when it is told so, or that it can't."""
    answers: asyncio.Queue[bool] = asyncio.Queue()

    async def dead_letter(_: Subscription, __: Delivery) -> bool:
        return await answers.get()

    config = Config(enable_message_ordering=True)
    config.dead_letter_policy.max_delivery_attempts = 5
    subscription = Subscription(1, config, count(1), lambda *_: None, dead_letter)
    subscription.add(_message(number) for number in (1, 2, 3))
    await test(subscription, answers.put_nowait)


def _message(number: int) -> Message:
    return Message(number, "k", b"%d" % number)


def _data(leases: list[Lease]) -> list[bytes]:
    return [lease.delivery.message.body for lease in leases]
