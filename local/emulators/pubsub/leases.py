"""Which deliveries are out, until when, and under which receipt (an ``ack_id``)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from local.emulators.pubsub.backlog import Delivery

Ended = Callable[[Delivery], None]


class Lease:
    __slots__ = ("delivery", "ended", "expires", "receipt")

    def __init__(self, receipt: str, delivery: Delivery, ended: Ended | None) -> None:
        self.receipt = receipt
        self.delivery = delivery
        self.expires = 0.0
        self.ended = ended


class Leases:
    def __init__(self, ids: Iterator[int], expired: Callable[[Lease], None]) -> None:
        """``ids`` make the receipts; ``expired`` is told of each lease that ran out."""
        self._ids = ids
        self._expired = expired
        self._by_receipt: dict[str, Lease] = {}
        self._by_delivery: dict[Delivery, Lease] = {}

    def grant(
        self, deliveries: Sequence[Delivery], seconds: float, ended: Ended | None
    ) -> list[Lease]:
        """``ended`` is told of each that is out no more."""
        leases = [Lease(str(next(self._ids)), each, ended) for each in deliveries]
        for lease in leases:
            self._by_receipt[lease.receipt] = self._by_delivery[lease.delivery] = lease
        self.prolong(leases, seconds)
        return leases

    def held(self, receipts: Iterable[str]) -> Iterator[Lease]:
        """Those of them that are out still."""
        for receipt in receipts:
            if (lease := self._by_receipt.get(receipt)) is not None:
                yield lease

    def is_out(self, delivery: Delivery) -> bool:
        return delivery in self._by_delivery

    def prolong(self, leases: Sequence[Lease], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        expires = loop.time() + seconds
        for lease in leases:
            lease.expires = expires
        if leases:
            loop.call_at(expires, self._expire, leases, expires)

    def end(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            lease = self._by_delivery.pop(delivery, None)
            if lease is not None:
                del self._by_receipt[lease.receipt]
                if lease.ended is not None:
                    lease.ended(delivery)

    def end_all(self) -> None:
        self.end(list(self._by_delivery))

    def _expire(self, leases: Sequence[Lease], expires: float) -> None:
        for lease in leases:
            if lease.expires == expires and lease.receipt in self._by_receipt:
                self._expired(lease)
