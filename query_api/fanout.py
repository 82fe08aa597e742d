"""Fan-out: every subscriber gets every change."""

from collections.abc import Sequence

from query_api.change import Change
from query_api.subscriber import Subscriber


class FanoutEnded(RuntimeError):
    """The process is shutting down and takes no subscriber any more."""


class Fanout:
    """The subscribers of this process. Belongs to the event loop: call it from there only."""

    def __init__(self, subscriber_buffer: int) -> None:
        self._subscriber_buffer = subscriber_buffer
        self._subscribers: set[Subscriber] = set()
        self.ended = False

    def __len__(self) -> int:
        return len(self._subscribers)

    def subscribe(self) -> Subscriber:
        """A subscriber that gets every change published from now on. Raises FanoutEnded."""
        if self.ended:
            raise FanoutEnded("the service is shutting down")
        subscriber = Subscriber(self._subscriber_buffer)
        self._subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        subscriber.end()

    async def publish(self, changes: Sequence[Change]) -> None:
        """A coroutine so that the feed's thread can wait until the changes are taken."""
        for subscriber in self._subscribers:
            subscriber.offer(changes)

    def end(self) -> None:
        """End every stream; their clients find another instance."""
        self.ended = True
        for subscriber in self._subscribers:
            subscriber.end()
