"""What the service sends to a push endpoint (https://cloud.google.com/pubsub/docs/push)."""

from typing import Any, NamedTuple

import msgspec

from local.emulators.pubsub.message import Message

_AGENT = "CloudPubSub-Google"


class PushRequest(NamedTuple):
    headers: dict[str, str]
    body: bytes


def wrapped(message: Message, subscription: str, attempt: int) -> PushRequest:
    """In JSON; an attempt of zero is left out."""
    pushed = message.parsed
    published = pushed.publish_time.ToJsonString()
    inside: dict[str, Any] = {
        "messageId": pushed.message_id,
        "message_id": pushed.message_id,
        "publishTime": published,
        "publish_time": published,
    }
    if pushed.data:
        inside["data"] = pushed.data
    if pushed.attributes:
        inside["attributes"] = dict(pushed.attributes)
    if pushed.ordering_key:
        inside["orderingKey"] = pushed.ordering_key
    envelope: dict[str, Any] = {"message": inside, "subscription": subscription}
    if attempt:
        envelope["deliveryAttempt"] = attempt
    headers = {"Content-Type": "application/json", "User-Agent": _AGENT}
    return PushRequest(headers, msgspec.json.encode(envelope))


def unwrapped(message: Message, subscription: str, with_metadata: bool) -> PushRequest:
    """The data alone, and what else there is of a message in headers."""
    pushed = message.parsed
    headers = {"User-Agent": _AGENT}
    if with_metadata:
        headers |= dict(pushed.attributes)
        headers |= {
            "x-goog-pubsub-subscription-name": subscription,
            "x-goog-pubsub-message-id": pushed.message_id,
            "x-goog-pubsub-publish-time": pushed.publish_time.ToJsonString(),
        }
        if pushed.ordering_key:
            headers["x-goog-pubsub-ordering-key"] = pushed.ordering_key
    return PushRequest(headers, pushed.data)
