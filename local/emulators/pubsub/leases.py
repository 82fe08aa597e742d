"""Which deliveries are out, until when, and under which receipt (an ``ack_id``)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from local.emulators.pubsub.backlog import Delivery

Ended = Callable[[Delivery], None]


class Lease:
    __slots__ = ("delivery", "ended", "receipt", "term")

    def __init__(self, receipt: str, delivery: Delivery, ended: Ended | None) -> None:
        self.receipt = receipt
        self.delivery = delivery
        self.ended = ended
        self.term: _Term | None = None


class _Term:
    """Leases that run out together. Those that end sooner leave it, and no timer holds them."""

    def __init__(self, seconds: float, expired: Callable[[Lease], None]) -> None:
        self._leases: dict[Lease, None] = {}  # in their order, which is that of a key
        self._expired = expired
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    def add(self, lease: Lease) -> None:
        if lease.term is self:
            return
        if lease.term is not None:
            lease.term.leave(lease)
        lease.term = self
        self._leases[lease] = None

    def leave(self, lease: Lease) -> None:
        lease.term = None
        del self._leases[lease]
        if not self._leases:
            self._timer.cancel()

    def _expire(self) -> None:
        for lease in list(self._leases):
            if lease.term is self:  # it may have gone with an earlier one of its key
                self._expired(lease)


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
        if leases:
            term = _Term(seconds, self._expired)
            for lease in leases:
                term.add(lease)

    def end(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            lease = self._by_delivery.pop(delivery, None)
            if lease is not None:
                del self._by_receipt[lease.receipt]
                if lease.term is not None:
                    lease.term.leave(lease)
                if lease.ended is not None:
                    lease.ended(delivery)

    def end_all(self) -> None:
        self.end(list(self._by_delivery))
