"""One subscription: gives out its messages, and takes them back or is done with them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from local.emulators.pubsub import filters, retry
from local.emulators.pubsub.backlog import Backlog, Delivery
from local.emulators.pubsub.leases import Ended, Lease, Leases
from local.emulators.pubsub.message import Message

Settled = Callable[["Subscription", Sequence[Message]], None]
DeadLetter = Callable[["Subscription", Delivery], Awaitable[bool]]


class Subscription:
    """``config`` is the API's Subscription; ``number`` stands for it in the store."""

    def __init__(
        self,
        number: int,
        config: Any,
        ids: Iterator[int],
        settled: Settled,
        dead_letter: DeadLetter,
    ) -> None:
        """``settled`` is told what will not be given out again; ``dead_letter`` whether it took."""
        self.number = number
        self.config = config
        self.deleted = False
        self.wanted = filters.parse(config.filter)
        self._settled = settled
        self._dead_letter = dead_letter
        self._changed = asyncio.Event()
        self._leases = Leases(ids, self._give_back)
        self._backlog = self._empty_backlog()
        self._newest = 0
        self._dead_lettering: set[asyncio.Task[None]] = set()

    def configure(self, config: Any) -> None:
        """Anew, but for what can't be changed."""
        self.config = config
        self.wake()

    def add(self, messages: Iterable[Message]) -> None:
        """Messages that are in the store, in their order; those known from it already are not."""
        self._backlog.add(message for message in messages if message.id > self._newest)

    def reload(self, messages: Sequence[Message], newest: int) -> None:
        """Forget all, and hold what is wanted of these; ``newest`` is the last one that the store
        held then."""
        self._leases.end_all()
        self._backlog = self._empty_backlog()
        if self.config.filter:  # a topic keeps what this subscription never wanted, too
            messages = [each for each in messages if self.wanted(each.parsed.attributes)]
        self._backlog.add(messages)
        self._newest = newest

    def expire(self, before: int) -> None:
        """Forget what is not out, and was published before."""
        self._backlog.expire(before)

    def lease(
        self, most: int, most_bytes: int, seconds: float, ended: Ended | None = None
    ) -> list[Lease]:
        """Give out what there is, for so long. ``ended`` is told of each that is out no more."""
        deliveries = self._backlog.take(most, most_bytes)
        return self._leases.grant(deliveries, seconds, ended)

    def delete(self) -> None:
        """Nothing more is given out, or taken back."""
        self.deleted = True
        self.reload([], newest=sys.maxsize)
        self.wake()

    async def changed(self) -> None:
        """Return when there may be more to give out, or another way to do so."""
        await self._changed.wait()

    def wake(self) -> None:
        self._changed.set()
        self._changed.clear()

    def acknowledge(self, receipts: Iterable[str]) -> None:
        for lease in self._leases.held(receipts):
            self._leases.end([lease.delivery])
            self._settle(lease.delivery)

    def prolong(self, receipts: Iterable[str], seconds: float) -> None:
        """From now on; zero gives them back."""
        leases = list(self._leases.held(receipts))
        if seconds > 0:
            self._leases.prolong(leases, seconds)
        else:
            for lease in leases:
                self._give_back(lease)

    def delivery_attempt(self, delivery: Delivery) -> int:
        """What the service tells of it: nothing where there is no dead-letter policy."""
        return delivery.attempt if self.config.HasField("dead_letter_policy") else 0

    def _give_back(self, lease: Lease) -> None:
        delivery = lease.delivery
        if not self._leases.is_out(delivery):
            return  # it went back with an earlier one of its key
        if self.config.HasField("dead_letter_policy") and retry.is_last(self.config, delivery):
            self._leases.end([delivery])
            task = asyncio.create_task(self._set_aside(delivery, self._backlog))
            self._dead_lettering.add(task)
            task.add_done_callback(self._dead_lettering.discard)
        else:
            self._put_back(delivery)

    async def _set_aside(self, delivery: Delivery, backlog: Backlog) -> None:
        taken = await self._dead_letter(self, delivery)
        if backlog is not self._backlog or self._leases.is_out(delivery):
            return  # meanwhile it went back with an earlier one of its key, and out again
        if taken:
            self._settle(delivery)
        else:
            self._put_back(delivery)

    def _put_back(self, delivery: Delivery) -> None:
        delay = retry.seconds(self.config, delivery.attempt)
        self._leases.end(self._backlog.put_back(delivery, delay))

    def _settle(self, delivery: Delivery) -> None:
        self._settled(self, [each.message for each in self._backlog.settle(delivery)])

    def _empty_backlog(self) -> Backlog:
        return Backlog(self.config.enable_message_ordering, self.wake)
