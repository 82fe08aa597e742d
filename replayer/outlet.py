"""Publishing many events: batched by topic and ordering key, several requests in flight."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from google.api_core.retry import Retry, if_transient_error
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from odds.adapters.publisher import EventBusUnavailable
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


class Outlet:
    """The topics of one environment."""

    def __init__(self, client: PublisherClient, topic_path: str) -> None:
        """``topic_path`` goes before each topic's name."""
        self._client = client
        self._topic_path = topic_path
        self._requests = ThreadPoolExecutor(IN_FLIGHT, "outlet")
        self._retry = Retry(predicate=if_transient_error, initial=0.05, maximum=1, timeout=TIMEOUT)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once the bus has durably taken all of them, each ordering key in its order.

        Raises EventBusUnavailable: some may then have been taken, and all may be sent again.
        """
        by_route = sorted(messages, key=attrgetter("route"))
        for lane in self._requests.map(self._send, lanes(by_route)):
            assert lane is None

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

    def _send(self, lane: list[list[Outgoing]]) -> None:
        for batch in lane:
            route = batch[0].route
            messages = [
                _Message(
                    data=each.data, attributes=each.attributes, ordering_key=route.ordering_key
                )
                for each in batch
            ]
            request = _Request(topic=self._topic_path + route.topic, messages=messages)
            try:
                self._client.publish(
                    PublishRequest.wrap(request), retry=self._retry, timeout=TIMEOUT
                )
            except (GoogleAPICallError, RetryError) as error:
                raise EventBusUnavailable(f"{route.topic}: {error}") from error


def lanes(by_route: list[Outgoing]) -> Iterator[list[list[Outgoing]]]:
    """Batches that must follow one another: those of one ordering key; others go by themselves."""
    for route, messages in groupby(by_route, attrgetter("route")):
        lane = list(batches(messages, most=MAX_MESSAGES, most_bytes=MAX_BYTES))
        if route.ordering_key:
            yield lane
        else:
            yield from ([batch] for batch in lane)
