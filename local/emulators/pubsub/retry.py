"""When a message that was not acknowledged comes again, and when it never does."""

from typing import Any

from local.emulators.pubsub.backlog import Delivery

_PUSH_LEAST, _PUSH_MOST = 0.1, 60.0
"""Seconds; the service's own backoff of pushes (https://cloud.google.com/pubsub/docs/push)."""
_DEFAULT_LEAST, _DEFAULT_MOST = 10.0, 600.0
_DEFAULT_ATTEMPTS = 5


def seconds(config: Any, attempt: int) -> float:
    """How long a message rests after its n-th attempt, by a Subscription's retry policy."""
    if config.HasField("retry_policy"):
        policy = config.retry_policy
        least = _seconds(policy, "minimum_backoff", _DEFAULT_LEAST)
        most = _seconds(policy, "maximum_backoff", _DEFAULT_MOST)
    elif config.push_config.push_endpoint:
        least, most = _PUSH_LEAST, _PUSH_MOST
    else:
        return 0.0
    return float(min(most, least * 2 ** min(attempt - 1, 30)))


def is_last(config: Any, delivery: Delivery) -> bool:
    """Whether no attempt is left, by a Subscription's dead-letter policy."""
    attempts = config.dead_letter_policy.max_delivery_attempts or _DEFAULT_ATTEMPTS
    return bool(delivery.attempt >= attempts)


def _seconds(policy: Any, field: str, default: float) -> float:
    if not policy.HasField(field):
        return default
    return float(getattr(policy, field).ToMicroseconds() / 1e6)
