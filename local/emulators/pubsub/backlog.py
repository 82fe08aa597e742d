"""What a subscription has still to deliver, and in which order."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from local.emulators.pubsub.message import Message


class Delivery:
    """A message of a subscription; ``attempt`` is how often it has been given out."""

    __slots__ = ("acknowledged", "attempt", "lane", "message")

    def __init__(self, message: Message, lane: "Lane | None") -> None:
        self.message = message
        self.lane = lane
        self.attempt = 0
        self.acknowledged = False


class Lane:
    """The messages of one ordering key: those given out, then those that wait.

    Nothing is given out while ``rests``, of messages that came back, are not over.
    """

    __slots__ = ("key", "out", "rests", "waiting")

    def __init__(self, key: str) -> None:
        self.key = key
        self.waiting: deque[Delivery] = deque()
        self.out: list[Delivery] = []
        self.rests = 0

    def give_out(self, most: int, most_bytes: int) -> list[Delivery]:
        while self.waiting and len(self.out) < most and most_bytes > 0:
            delivery = self.waiting.popleft()
            most_bytes -= len(delivery.message.body)
            self.out.append(delivery)
        return list(self.out)


class Backlog:
    """Gives out each message until it is settled; a key has one batch out at a time.

    A message of a key that comes back takes those after it back too, acknowledged or not, as in
    the service (https://cloud.google.com/pubsub/docs/ordering).
    """

    def __init__(self, ordered: bool, wake: Callable[[], None]) -> None:
        """``wake`` is called when something may be taken that could not be before."""
        self._ordered = ordered
        self._wake = wake
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[Delivery] = deque()

    def add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            lane = self._lane(message.key)
            delivery = Delivery(message, lane)
            if lane is None:
                self._ready.append(delivery)
            else:
                lane.waiting.append(delivery)
                if len(lane.waiting) == 1:
                    self._renew(lane)
        self._wake()

    def take(self, most: int, most_bytes: int) -> list[Delivery]:
        """As many as may be given out now; the first one however long it is."""
        taken: list[Delivery] = []
        while self._ready and len(taken) < most and most_bytes > 0:
            first = self._ready.popleft()
            lane = first.lane
            run = [first] if lane is None else lane.give_out(most - len(taken), most_bytes)
            for delivery in run:
                delivery.attempt += 1
                most_bytes -= len(delivery.message.body)
                taken.append(delivery)
        return taken

    def settle(self, delivery: Delivery) -> list[Delivery]:
        """Acknowledged. Returns those that will not come again.

        One that went back with an earlier one of its key does.
        """
        lane = delivery.lane
        if lane is None:
            return [delivery]
        if delivery not in lane.out:
            return []
        delivery.acknowledged = True
        done = 0
        while done < len(lane.out) and lane.out[done].acknowledged:
            done += 1
        settled, lane.out = lane.out[:done], lane.out[done:]
        self._renew(lane)
        return settled

    def put_back(self, delivery: Delivery, delay: float) -> list[Delivery]:
        """To be given out again after so many seconds. Returns all that go back with it.

        None do where it went back already, with an earlier one of its key.
        """
        lane = delivery.lane
        if lane is None:
            self._later(delay, lambda: self._ready.append(delivery))
            return [delivery]
        if delivery not in lane.out:
            return []
        place = lane.out.index(delivery)
        back, lane.out = lane.out[place:], lane.out[:place]
        for other in back:
            other.acknowledged = False
        for other in back[1:]:
            other.attempt -= 1  # it didn't fail
        lane.waiting.extendleft(reversed(back))
        lane.rests += 1
        self._later(delay, lambda: self._rested(lane))
        return back

    def expire(self, before: int) -> None:
        """Drop what is not out and has an earlier id."""
        for lane in list(self._lanes.values()):
            while lane.waiting and lane.waiting[0].message.id < before:
                lane.waiting.popleft()
            if not (lane.waiting or lane.out or lane.rests):
                del self._lanes[lane.key]
        self._ready = deque(each for each in self._ready if _is_left(each, before))

    def _lane(self, key: str) -> Lane | None:
        if not key or not self._ordered:
            return None
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
        return lane

    def _rested(self, lane: Lane) -> None:
        lane.rests -= 1
        self._renew(lane)

    def _renew(self, lane: Lane) -> None:
        """Give out the next of a key, where none is out."""
        if lane.out or lane.rests:
            return
        if lane.waiting:
            self._ready.append(lane.waiting[0])
            self._wake()
        else:
            del self._lanes[lane.key]

    def _later(self, delay: float, back: Callable[[], None]) -> None:
        def now() -> None:
            back()
            self._wake()

        if delay > 0:
            asyncio.get_running_loop().call_later(delay, now)
        else:
            now()


def _is_left(ready: Delivery, before: int) -> bool:
    if ready.lane is None:
        return ready.message.id >= before
    return bool(ready.lane.waiting)
