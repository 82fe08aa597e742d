"""Group commit, over stores that are told when to answer and what to fail."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import pytest

from odds.adapters.event_bus import event_bus_file
from odds.adapters.telemetry.tracing import Tracing
from projector import batcher
from projector.batcher import ANSWERED_WITHIN, MAX_BATCH, Batcher, Ending, Overloaded, TooSlow
from projector.envelope import Envelope, Message
from projector.projector import Taken
from tests.examples import new
from tests.paths import ROOT


class Stores:
    """Makes an event of each message but those of ``parked`` and ``not_parked``, of which the
    latter fail; remembers the batches."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.projected: list[int] = []
        self.parked: set[str] = set()
        self.not_parked: set[str] = set()
        self.spoils_second = False
        self.failing: dict[int, Exception] = {}
        self.gate = threading.Event()
        self.gate.set()

    def store(self, envelopes: Sequence[Envelope]) -> list[Taken | Exception | None]:
        assert self.gate.wait(10)
        self.stored.append(len(envelopes))
        if error := self.failing.pop(len(self.stored), None):
            raise error
        return [self._stored(each) for each in envelopes]

    def project(self, taken: Sequence[Taken], _: Mapping[UUID, str]) -> list[Exception | None]:
        self.projected.append(len(taken))
        fates: list[Exception | None] = [None] * len(taken)
        if self.spoils_second and len(taken) > 1:
            fates[1] = ValueError("this one is bad")
        return fates

    def _stored(self, envelope: Envelope) -> Taken | Exception | None:
        message_id = envelope.message.message_id
        if message_id in self.not_parked:
            return ConnectionError("away")
        return None if message_id in self.parked else Taken(envelope, new())


def message(number: int, size: int = 0) -> Envelope:
    return Envelope(Message(str(number), b"x" * size), "s")


def drive(stores: Stores, scenario: Callable[[Batcher], Awaitable[None]]) -> None:
    async def run() -> None:
        batches = Batcher(stores.store, stores.project, Tracing(None))
        running = asyncio.create_task(batches.run())
        try:
            await asyncio.wait_for(scenario(batches), 10)
        finally:
            running.cancel()

    asyncio.run(run())


async def take_all(batches: Batcher, numbers: Sequence[int]) -> list[BaseException | None]:
    return await asyncio.gather(
        *(batches.take(message(number)) for number in numbers), return_exceptions=True
    )


async def held_behind_one(batches: Batcher, stores: Stores, count: int) -> list[object]:
    """The fates of messages that come while one is being stored."""
    stores.gate.clear()
    first = asyncio.create_task(batches.take(message(-1)))
    await asyncio.sleep(0.05)
    rest = [asyncio.create_task(batches.take(message(n))) for n in range(count)]
    await asyncio.sleep(0.05)
    stores.gate.set()
    await first
    return list(await asyncio.gather(*rest, return_exceptions=True))


def test_the_first_message_of_a_quiet_moment_goes_at_once_and_alone() -> None:
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        await batches.take(message(1))
        await batches.take(message(2))

    drive(stores, scenario)
    assert (stores.stored, stores.projected) == ([1, 1], [1, 1])


def test_what_comes_while_a_batch_is_written_is_one_batch_whose_bad_event_fails_alone() -> None:
    stores = Stores()
    stores.spoils_second = True

    async def scenario(batches: Batcher) -> None:
        fates = await held_behind_one(batches, stores, 20)
        assert [type(fate) for fate in fates].count(ValueError) == 1
        assert fates.count(None) == 19

    drive(stores, scenario)
    assert (stores.stored, stores.projected) == ([1, 20], [1, 20])


def test_a_parked_message_is_settled_without_the_read_model() -> None:
    stores = Stores()
    stores.parked = {"1"}
    drive(stores, lambda batches: batches.take(message(1)))
    assert (stores.stored, stores.projected) == ([1], [])


def test_a_message_that_could_not_be_parked_fails_alone() -> None:
    stores = Stores()
    stores.not_parked = {"3"}

    async def scenario(batches: Batcher) -> None:
        fates = await held_behind_one(batches, stores, 5)
        assert [type(fate) for fate in fates] == [type(None)] * 3 + [ConnectionError, type(None)]

    drive(stores, scenario)
    assert (stores.stored, stores.projected) == ([1, 5], [1, 4])


def test_a_batch_that_fails_fails_exactly_its_messages() -> None:
    stores = Stores()
    stores.failing = {2: ConnectionError("away")}

    async def scenario(batches: Batcher) -> None:
        fates = await held_behind_one(batches, stores, 5)
        assert [type(fate) for fate in fates] == [ConnectionError] * 5
        assert await take_all(batches, [7]) == [None]

    drive(stores, scenario)


def test_a_full_queue_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "MAX_WAITING", 3)
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        fates = await held_behind_one(batches, stores, 5)
        assert [type(fate) for fate in fates].count(Overloaded) == 2
        assert fates.count(None) == 3

    drive(stores, scenario)


def test_messages_in_hand_have_a_largest_size_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "MAX_BYTES", 100)
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        stores.gate.clear()
        in_hand = [asyncio.create_task(batches.take(message(n, 45))) for n in range(2)]
        await asyncio.sleep(0.05)
        batches.require_room(10)
        with pytest.raises(Overloaded, match="90 bytes"):
            await batches.take(message(3, 11))
        stores.gate.set()
        await asyncio.gather(*in_hand)
        await batches.take(message(4, 101))

    drive(stores, scenario)


def test_a_batch_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "MAX_BATCH", 2)
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        assert await held_behind_one(batches, stores, 5) == [None] * 5

    drive(stores, scenario)
    assert stores.stored == [1, 2, 2, 1]


def test_a_pusher_that_has_gone_harms_nobody() -> None:
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        stores.gate.clear()
        gone = asyncio.create_task(batches.take(message(1)))
        await asyncio.sleep(0.05)
        gone.cancel()
        stores.gate.set()
        assert await take_all(batches, [2]) == [None]

    drive(stores, scenario)
    assert sum(stores.stored) == 2


def test_a_push_is_answered_though_a_store_hangs_and_what_is_given_up_is_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batcher, "ANSWERED_WITHIN", 0.1)
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        stores.gate.clear()
        first = asyncio.create_task(batches.take(message(1)))
        await asyncio.sleep(0.05)
        fates = await take_all(batches, range(2, 5))
        assert [type(fate) for fate in fates] == [TooSlow] * 3
        with pytest.raises(TooSlow):
            await first
        monkeypatch.undo()
        stores.gate.set()
        await batches.take(message(5))

    drive(stores, scenario)
    assert stores.stored == [1, 1]


def test_at_the_end_what_was_taken_is_written_and_no_more_is_taken() -> None:
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        stores.gate.clear()
        taken = asyncio.create_task(take_all(batches, range(3)))
        await asyncio.sleep(0.05)
        batches.end(10)
        with pytest.raises(Ending):
            await batches.take(message(3))
        stores.gate.set()
        assert await taken == [None] * 3

    drive(stores, scenario)


def test_at_the_end_what_the_stores_take_too_long_for_is_given_up_in_time() -> None:
    stores = Stores()

    async def scenario(batches: Batcher) -> None:
        stores.gate.clear()
        taken = asyncio.create_task(take_all(batches, range(MAX_BATCH + 3)))
        await asyncio.sleep(0.05)
        batches.end(0.05)
        assert {type(fate) for fate in await taken} == {Ending}
        stores.gate.set()

    drive(stores, scenario)


def test_a_push_is_answered_before_pubsub_makes_it_again() -> None:
    deadline = event_bus_file.load(ROOT / "event_bus.yaml").subscription.ack_deadline_seconds
    assert deadline - 10 > ANSWERED_WITHIN
