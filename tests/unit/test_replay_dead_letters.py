"""Dead letters: when there are no more of them."""

from typing import Any

import pytest
from google.api_core.exceptions import DeadlineExceeded, PermissionDenied
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.types import PubsubMessage, PullResponse, ReceivedMessage, Subscription

from replayer.dead_letters import DeadLetters

NONE = PullResponse()


class Bus(SubscriberClient):
    """Answers the next pulls so, and all others with nothing."""

    def __init__(self, *answers: PullResponse | Exception) -> None:
        self.answers = [*answers]

    def get_subscription(self, *_: Any, **__: Any) -> Subscription:
        raise PermissionDenied("only to be pulled from")  # type: ignore[no-untyped-call]

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
