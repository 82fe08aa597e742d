"""Subscriptions of our Pub/Sub emulator as they are asked for and changed."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from local.emulators.pubsub import api, configs
from local.emulators.refusal import Refusal

NAMES = {"name": "projects/p/subscriptions/some", "topic": "projects/p/topics/topic"}


def asked(**fields: Any) -> Any:
    return api.Subscription(**NAMES, **fields)


@pytest.mark.parametrize(
    ("field", "default"),
    [("message_retention_duration", timedelta(days=7)), ("ack_deadline_seconds", 10)],
)
def test_what_is_cleared_has_its_default_again(field: str, default: object) -> None:
    fields = {"message_retention_duration": timedelta(hours=1), "ack_deadline_seconds": 20}
    config = configs.new_subscription(asked(**fields))
    cleared = configs.changed(config, asked(), FieldMask(paths=[field]))
    expected = api.Subscription(**{field: default})
    assert getattr(cleared, field) == getattr(expected, field)


@pytest.mark.parametrize("field", ["minimum_backoff", "maximum_backoff"])
@pytest.mark.parametrize("seconds", [-1, 600.1])
def test_a_backoff_is_of_0_to_600_seconds(field: str, seconds: float) -> None:
    policy = {field: timedelta(seconds=seconds)}
    with pytest.raises(Refusal, match=field):
        configs.new_subscription(asked(retry_policy=policy))
