"""Publishing many events: batched by topic and ordering key, several requests in flight."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from google.api_core.exceptions import (
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
    RetryError,
)
from google.api_core.retry import Retry, if_transient_error
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.batches import batches
from odds.event_bus import Route

IN_FLIGHT = 8
TIMEOUT = 20.0
"""Of one request with its retries, in seconds."""
MAX_MESSAGES = 1000
MAX_BYTES = 8 * 1024 * 1024
"""Of Pub/Sub's limits of 1,000 messages and 10 MB a request; attributes need room too."""

_Message = PubsubMessage.pb()
_Request = PublishRequest.pb()


class NoSuchTopic(LookupError):
    """The environment has no topic of this name."""


class Outgoing(NamedTuple):
    """A message and where it goes."""

    route: Route
    data: bytes
    attributes: dict[str, str]


class Refused(NamedTuple):
    """A message that the bus will never take, and why."""

    message: Outgoing
    reason: str


class Outlet:
    """The topics of one environment."""

    def __init__(
        self, client: PublisherClient, topic_path: str, awaited: Collection[str] = ()
    ) -> None:
        """``topic_path`` goes before each topic's name. ``awaited`` are the topics that will be
        there: where one is not, that passes; any other that is not there never will be."""
        self._client = client
        self._topic_path = topic_path
        self._awaited = awaited
        self._requests = ThreadPoolExecutor(IN_FLIGHT, "outlet")
        self._retry = Retry(predicate=if_transient_error, initial=0.05, maximum=1, timeout=TIMEOUT)

    def publish(self, messages: Sequence[Outgoing]) -> list[Refused]:
        """Return once the bus has durably taken all of them, each ordering key in its order, but
        those that it refuses for good, which are left out.

        Raises EventBusUnavailable: some may then have been taken, and all may be sent again. None
        of them is still being sent: it could come after the same one of the next attempt.
        """
        by_route = sorted(messages, key=attrgetter("route"))
        sending = [self._requests.submit(self._send, lane) for lane in lanes(by_route)]
        wait(sending, return_when=FIRST_EXCEPTION)
        # After a failure the lanes that wait are left, lest each of them waits out its own.
        begun = [each for each in sending if not each.cancel()]
        wait(begun)
        return [refused for each in begun for refused in each.result()]

    def require(self, topic: str) -> None:
        """Raises NoSuchTopic, or EventBusUnavailable where the bus doesn't answer."""
        try:
            self._client.get_topic(
                topic=self._topic_path + topic, retry=self._retry, timeout=TIMEOUT
            )
        except NotFound:
            raise NoSuchTopic(topic) from None
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{topic}: {error}") from error

    def close(self) -> None:
        self._requests.shutdown(wait=True, cancel_futures=True)

    def _send(self, lane: list[list[Outgoing]]) -> list[Refused]:
        return [refused for batch in lane for refused in self._send_batch(batch)]

    def _send_batch(self, batch: list[Outgoing]) -> list[Refused]:
        topic = batch[0].route.topic
        try:
            self._request(batch)
        except NotFound as error:
            if topic in self._awaited:
                raise EventBusUnavailable(f"{topic}: {error}") from error
            return [Refused(each, f"{topic}: {error}") for each in batch]
        except InvalidArgument as error:
            if len(batch) == 1:
                return [Refused(batch[0], f"{topic}: {error}")]
            # One of them is no good; the others go on in their order.
            half = len(batch) // 2
            return self._send_batch(batch[:half]) + self._send_batch(batch[half:])
        except (GoogleAPICallError, RetryError) as error:
            raise EventBusUnavailable(f"{topic}: {error}") from error
        return []

    def _request(self, batch: list[Outgoing]) -> None:
        route = batch[0].route
        messages = [
            _Message(data=each.data, attributes=each.attributes, ordering_key=route.ordering_key)
            for each in batch
        ]
        request = _Request(topic=self._topic_path + route.topic, messages=messages)
        self._client.publish(PublishRequest.wrap(request), retry=self._retry, timeout=TIMEOUT)


def lanes(by_route: list[Outgoing]) -> Iterator[list[list[Outgoing]]]:
    """Batches that must follow one another: those of one ordering key; others go by themselves."""
    for route, messages in groupby(by_route, attrgetter("route")):
        lane = list(batches(messages, most=MAX_MESSAGES, most_bytes=MAX_BYTES))
        if route.ordering_key:
            yield lane
        else:
            yield from ([batch] for batch in lane)
