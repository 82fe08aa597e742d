"""Dead letters: when there are no more of them."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.types import PubsubMessage, PullResponse, ReceivedMessage

from replayer.dead_letters import DeadLetters

NONE = PullResponse()


class Connected:
    """A channel that is."""

    def subscribe(self, look: Callable[[grpc.ChannelConnectivity], None], **_: bool) -> None:
        look(grpc.ChannelConnectivity.READY)

    def unsubscribe(self, _: object) -> None:
        pass


class Transport:
    grpc_channel = Connected()


class Bus(SubscriberClient):
    """Answers the next pulls so, and all others with nothing."""

    transport: Any = Transport()

    def __init__(self, *answers: PullResponse | Exception) -> None:
        self.answers = [*answers]

    def pull(self, *_: Any, **__: Any) -> PullResponse:
        answer = self.answers.pop(0) if self.answers else NONE
        if isinstance(answer, Exception):
            raise answer
        return answer

    def modify_ack_deadline(self, *_: Any, **__: Any) -> None:
        pass


def letter(number: int) -> PullResponse:
    message = PubsubMessage(message_id=str(number))
    return PullResponse(received_messages=[ReceivedMessage(ack_id="a", message=message)])


@pytest.mark.parametrize("empty", [NONE, DeadlineExceeded("late")])  # type: ignore[no-untyped-call]
def test_one_pull_that_is_empty_does_not_mean_that_there_are_no_more(
    empty: PullResponse | Exception,
) -> None:
    bus = Bus(empty, letter(1), empty, letter(2), empty, empty, letter(3))
    letters = DeadLetters(bus, "projects/p/subscriptions/dead-letters")
    assert [each.message_id for each in letters.pull()] == ["1", "2"]
    assert [each.message_id for each in letters.pull()] == ["3"]
