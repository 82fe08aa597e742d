"""What a message is forwarded as when no attempt is left.

The attributes are the service's (https://cloud.google.com/pubsub/docs/handling-failures).
"""

from typing import Any

from local.emulators.pubsub import names
from local.emulators.pubsub.backlog import Delivery

_PREFIX = "CloudPubSubDeadLetterSource"


def letter(subscription: Any, delivery: Delivery) -> Any:
    """A PubsubMessage, to be published, of what a Subscription could not deliver."""
    message = delivery.message.parsed
    message.attributes[f"{_PREFIX}DeliveryCount"] = str(delivery.attempt)
    message.attributes[f"{_PREFIX}Subscription"] = subscription.name.rpartition("/")[2]
    message.attributes[f"{_PREFIX}SubscriptionProject"] = names.project_id(subscription.name)
    message.attributes[f"{_PREFIX}TopicPublishTime"] = message.publish_time.ToJsonString()
    return message
