"""Topics and subscriptions as they are asked for: checked, completed and changed."""

from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from local.emulators.pubsub import filters, names
from local.emulators.refusal import invalid, unimplemented

_DEFAULT_ACK_SECONDS = 10
_DEFAULT_RETENTION_SECONDS = 7 * 24 * 3600
_LACKING = (
    "bigquery_config",
    "bigtable_config",
    "cloud_storage_config",
    "detached",
    "enable_exactly_once_delivery",
    "expiration_policy.ttl",
    "ingestion_data_source_settings",
    "kms_key_name",
    "message_storage_policy",
    "message_transforms",
    "push_config.oidc_token",
    "schema_settings",
)
"""What the service would act on. An ``expiration_policy`` without a ``ttl`` is to keep for ever,
and that is done."""
_UNCHANGING = ("name", "topic", "enable_message_ordering", "filter")


def new_topic(asked: Any) -> Any:
    """Raises Refusal."""
    names.check("topics", asked.name)
    _refuse_lacking(asked)
    _check_retention(asked)
    return asked


def new_subscription(asked: Any) -> Any:
    """Raises Refusal."""
    names.check("subscriptions", asked.name)
    names.check("topics", asked.topic)
    _refuse_lacking(asked)
    filters.parse(asked.filter)
    _complete(asked)
    _check_retention(asked)
    _check_subscription(asked)
    return asked


def with_push_config(config: Any, push_config: Any) -> Any:
    """A copy of a Subscription. Raises Refusal."""
    asked = type(config)(push_config=push_config)
    return changed(config, asked, FieldMask(paths=["push_config"]))


def changed(config: Any, asked: Any, mask: FieldMask) -> Any:
    """A copy that has the masked fields of what is asked. Raises Refusal."""
    if not mask.paths:
        raise invalid("The update_mask in the request must be set, and must not be empty.")
    for path in mask.paths:
        _check_path(config, path)
    changed = type(config)()
    changed.CopyFrom(config)
    mask.MergeMessage(asked, changed, replace_message_field=True, replace_repeated_field=True)
    _refuse_lacking(changed)
    if changed.DESCRIPTOR.name == "Subscription":
        _complete(changed)
        _check_subscription(changed)
    _check_retention(changed)
    return changed


def retained_microseconds(config: Any) -> int:
    """How long the messages of a topic, or of a subscription's backlog, are kept."""
    return int(config.message_retention_duration.ToMicroseconds())


def _complete(subscription: Any) -> None:
    if subscription.ack_deadline_seconds == 0:
        subscription.ack_deadline_seconds = _DEFAULT_ACK_SECONDS
    if not subscription.HasField("message_retention_duration"):
        subscription.message_retention_duration.FromSeconds(_DEFAULT_RETENTION_SECONDS)


def _check_path(config: Any, path: str) -> None:
    if path.partition(".")[0] not in config.DESCRIPTOR.fields_by_name:
        raise invalid(f"Invalid update_mask: {config.DESCRIPTOR.name} has no field {path}.")
    if path in _UNCHANGING:
        raise invalid(f"Invalid update_mask: {path} can't be changed.")


def _refuse_lacking(config: Any) -> None:
    for path in _LACKING:
        if _is_set(config, path):
            raise unimplemented(f"{config.DESCRIPTOR.name}.{path}")


def _is_set(config: Any, path: str) -> bool:
    name, _, inner = path.partition(".")
    held = next((value for field, value in config.ListFields() if field.name == name), None)
    return _is_set(held, inner) if inner and held is not None else held is not None


def _check_subscription(config: Any) -> None:
    _check_range("ack_deadline_seconds", config.ack_deadline_seconds, 10, 600)
    if config.HasField("dead_letter_policy"):
        policy = config.dead_letter_policy
        names.check("topics", policy.dead_letter_topic)
        _check_range("max_delivery_attempts", policy.max_delivery_attempts or 5, 5, 100)
    for field in ("minimum_backoff", "maximum_backoff"):
        _check_range(field, getattr(config.retry_policy, field).ToMicroseconds() / 1e6, 0, 600)
    endpoint = config.push_config.push_endpoint
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise invalid(f"Invalid push endpoint given (endpoint={endpoint}): expected an HTTP URL.")


def _check_retention(config: Any) -> None:
    if config.HasField("message_retention_duration"):
        seconds = retained_microseconds(config) // 1_000_000
        _check_range("message_retention_duration", seconds, 600, 31 * 24 * 3600)


def _check_range(field: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:
        raise invalid(f"Invalid {field} given: {value}; expected {least} to {most}.")
