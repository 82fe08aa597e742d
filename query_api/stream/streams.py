"""The streams of this process: who may open one, and how long it lasts."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

from query_api.feed.feed import Feed
from query_api.feed.feed_state import FeedState
from query_api.stream.fanout import Fanout
from query_api.stream.parcel import Encode
from query_api.stream.past import Past
from query_api.stream.sink import Sink
from query_api.stream.subscriber import Subscriber
from query_api.stream.subscription_request import SubscriptionRequest
from query_api.stream.tally import Tally

SPREAD = 0.05
"""Streams end up to so much earlier than they must, lest all clients come back at once."""


class StreamsUnavailable(RuntimeError):
    """The feed has not begun, or the process ends: another one can stream."""


class Streams:
    """Opens the subscriptions of this process, and says how long each may last.

    Raises StreamsUnavailable and FanoutFull where one is opened.
    """

    def __init__(
        self,
        feed: Feed,
        fanout: Fanout,
        past: Past,
        *,
        heartbeat: float,
        longest: float,
        stale_after: float,
    ) -> None:
        """Times in seconds."""
        self._feed = feed
        self._fanout = fanout
        self._past = past
        self.heartbeat = heartbeat
        self.tally = Tally()
        self._longest = longest
        self._stale_after = stale_after

    def state(self) -> FeedState:
        """Stale is a feed whose silence need not mean that nothing changed."""
        behind = self._feed.behind
        stale = behind is None or behind > self._stale_after
        return FeedState(str(self._fanout.journal.end), behind, stale)

    def check_open(self) -> None:
        """Raises what opening one more would raise now."""
        if self._fanout.ended.is_set() or not self._feed.started:
            raise StreamsUnavailable("the stream is not ready; try again")
        self._fanout.check_room()

    @contextmanager
    def subscriber(self, encode: Encode, subscription: SubscriptionRequest) -> Iterator[Subscriber]:
        """One that has its place in the feed, and a seat until the end of the block."""
        self.check_open()
        group = self._fanout.join(encode, subscription.filter)
        try:
            yield Subscriber(self._fanout.journal, self._past, group, subscription)
        finally:
            self._fanout.leave(group)

    async def deliver(self, subscriber: Subscriber, sink: Sink) -> None:
        """Send the subscriber its changes for as long as nobody cancels it."""
        await subscriber.run(sink, self.heartbeat)

    async def over(self) -> None:
        """Return when a stream that begins now has to end, whatever comes."""
        lasts = self._longest * (1 - random.uniform(0, SPREAD))
        try:
            async with asyncio.timeout(lasts):
                await self._fanout.ended.wait()
        except TimeoutError:
            pass
