"""Topics and subscriptions: made, found, changed, listed and deleted; and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf import field_mask_pb2
from google.pubsub_v1 import SchemaServiceClient
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport
from google.pubsub_v1.types import PubsubMessage, Subscription

from tests.contract.differences import google_differs
from tests.contract.pubsub import AT_ONCE, PubSub

RPC = "https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1"
LIMITS = "https://cloud.google.com/pubsub/quotas#resource_limits"


def test_a_topic_is_made_once_found_listed_and_deleted(pubsub: PubSub) -> None:
    path = pubsub.topic()
    pubsub.publisher.create_topic(name=path, **AT_ONCE)
    with pytest.raises(exceptions.AlreadyExists):
        pubsub.publisher.create_topic(name=path, **AT_ONCE)
    assert pubsub.publisher.get_topic(topic=path, **AT_ONCE).name == path
    listed = pubsub.publisher.list_topics(project=f"projects/{pubsub.project}", **AT_ONCE)
    assert [topic.name for topic in listed] == [path]
    pubsub.publisher.delete_topic(topic=path, **AT_ONCE)
    with pytest.raises(exceptions.NotFound):
        pubsub.publisher.get_topic(topic=path, **AT_ONCE)
    with pytest.raises(exceptions.NotFound):
        pubsub.publisher.delete_topic(topic=path, **AT_ONCE)


def test_a_subscription_is_made_once_found_listed_and_deleted(pubsub: PubSub) -> None:
    path = pubsub.create(ack_deadline_seconds=33)
    with pytest.raises(exceptions.AlreadyExists):
        pubsub.subscribe()
    found = pubsub.subscriber.get_subscription(subscription=path, **AT_ONCE)
    assert (found.topic, found.ack_deadline_seconds) == (pubsub.topic(), 33)
    project = f"projects/{pubsub.project}"
    listed = pubsub.subscriber.list_subscriptions(project=project, **AT_ONCE)
    assert [subscription.name for subscription in listed] == [path]
    of_topic = pubsub.publisher.list_topic_subscriptions(topic=pubsub.topic(), **AT_ONCE)
    assert list(of_topic) == [path]
    pubsub.subscriber.delete_subscription(subscription=path, **AT_ONCE)
    with pytest.raises(exceptions.NotFound):
        pubsub.subscriber.get_subscription(subscription=path, **AT_ONCE)


def test_what_is_left_out_of_a_subscription_has_the_defaults_of_the_service(
    pubsub: PubSub,
) -> None:
    path = pubsub.create()
    found = pubsub.subscriber.get_subscription(subscription=path, **AT_ONCE)
    assert found.ack_deadline_seconds == 10
    assert Subscription.pb(found).message_retention_duration.seconds == 7 * 24 * 3600


def test_lists_come_in_pages(pubsub: PubSub) -> None:
    for number in range(5):
        pubsub.publisher.create_topic(name=pubsub.topic(f"topic-{number}"), **AT_ONCE)
    request = {"project": f"projects/{pubsub.project}", "page_size": 2}
    pager = pubsub.publisher.list_topics(request=request, **AT_ONCE)
    assert [len(page.topics) for page in pager.pages] == [2, 2, 1]


def test_a_subscription_of_no_topic_is_refused(pubsub: PubSub) -> None:
    with pytest.raises(exceptions.NotFound):
        pubsub.subscribe("nowhere")


def test_an_update_changes_what_its_mask_names(pubsub: PubSub) -> None:
    path = pubsub.create(ack_deadline_seconds=20, labels={"team": "odds"})
    changed = pubsub.subscriber.update_subscription(
        subscription=Subscription(name=path, ack_deadline_seconds=40),
        update_mask=field_mask_pb2.FieldMask(paths=["ack_deadline_seconds"]),
        **AT_ONCE,
    )
    assert changed.ack_deadline_seconds == 40
    found = pubsub.subscriber.get_subscription(subscription=path, **AT_ONCE)
    assert (found.ack_deadline_seconds, found.labels) == (40, {"team": "odds"})


@pytest.mark.parametrize("field", ["topic", "enable_message_ordering", "filter"])
def test_what_a_subscription_is_for_never_changes(pubsub: PubSub, field: str) -> None:
    path = pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.subscriber.update_subscription(
            subscription=Subscription(name=path),
            update_mask=field_mask_pb2.FieldMask(paths=[field]),
            **AT_ONCE,
        )


@pytest.mark.parametrize("name", ["ab", "1st", "goog-topic", "with space"])
def test_a_name_that_the_service_would_not_take_is_refused(pubsub: PubSub, name: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publisher.create_topic(name=pubsub.topic(name), **AT_ONCE)


def test_an_ack_deadline_is_of_10_to_600_seconds(pubsub: PubSub) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.create(ack_deadline_seconds=601)


def test_a_subscription_outlives_its_topic(pubsub: PubSub) -> None:
    path = pubsub.create()
    pubsub.publish(b"left")
    pubsub.publisher.delete_topic(topic=pubsub.topic(), **AT_ONCE)
    found = pubsub.subscriber.get_subscription(subscription=path, **AT_ONCE)
    assert found.topic == "_deleted-topic_"
    assert pubsub.pull_data(1) == [b"left"]


def test_publishing_to_no_topic_is_refused(pubsub: PubSub) -> None:
    with pytest.raises(exceptions.NotFound):
        pubsub.publish(b"lost")


@pytest.mark.parametrize("count", [0, 1001])
def test_a_request_has_1_to_1000_messages(pubsub: PubSub, count: int) -> None:
    pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publish(*[b"x"] * count)


def test_an_empty_message_is_refused(pubsub: PubSub) -> None:
    pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publish(b"")


@google_differs("pubsub_host", "gives no answer to a request that long", LIMITS)
def test_a_request_of_more_than_10_mb_is_refused(pubsub: PubSub, patience: float) -> None:
    topic, messages = pubsub.topic(), [PubsubMessage(data=b"x" * 11_000_000)]
    pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publisher.publish(topic=topic, messages=messages, retry=None, timeout=patience)


@google_differs("pubsub_host", "takes a key of any length", LIMITS)
def test_an_ordering_key_is_of_1_kb_at_most(pubsub: PubSub) -> None:
    pubsub.create()
    pubsub.publish(b"x", key="k" * 1024)
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publish(b"x", key="k" * 1025)


@google_differs("pubsub_host", "takes attributes of any size", LIMITS)
@pytest.mark.parametrize(
    "attributes",
    [{"k" * 257: "v"}, {"k": "v" * 1025}, {f"k{n}": "v" for n in range(101)}, {"googx": "v"}],
    ids=["long key", "long value", "many", "reserved"],
)
def test_attributes_have_the_limits_of_the_service(
    pubsub: PubSub, attributes: dict[str, str]
) -> None:
    pubsub.create()
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publish(b"x", attributes=attributes)


@google_differs("pubsub_host", "takes several ordering keys in one request", RPC)
def test_a_request_is_of_one_ordering_key(pubsub: PubSub) -> None:
    pubsub.create()
    messages = [PubsubMessage(data=b"x", ordering_key=key) for key in "ab"]
    with pytest.raises(exceptions.InvalidArgument):
        pubsub.publisher.publish(topic=pubsub.topic(), messages=messages, **AT_ONCE)


@google_differs("pubsub_host", "has snapshots, and makes the rest as if it had none", RPC)
@pytest.mark.parametrize("method", ["snapshot", "schema", "iam"])
def test_a_method_that_is_lacking_is_refused_by_name(pubsub: PubSub, method: str) -> None:
    def snapshot() -> None:
        request: dict[str, Any] = {"subscription": pubsub.create()}
        name = f"projects/{pubsub.project}/snapshots/snapshot"
        pubsub.subscriber.create_snapshot(request={**request, "name": name}, **AT_ONCE)

    def schema() -> None:
        channel = pubsub.publisher.transport.grpc_channel  # type: ignore[attr-defined]
        transport = SchemaServiceGrpcTransport(channel=channel)
        schemas = SchemaServiceClient(transport=transport)
        schemas.list_schemas(parent=f"projects/{pubsub.project}", **AT_ONCE)

    def iam() -> None:
        pubsub.create()
        pubsub.publisher.get_iam_policy(request={"resource": pubsub.topic()}, **AT_ONCE)

    ask, name = {
        "snapshot": (snapshot, "Subscriber/CreateSnapshot"),
        "schema": (schema, "SchemaService/ListSchemas"),
        "iam": (iam, "IAMPolicy/GetIamPolicy"),
    }[method]
    with pytest.raises(exceptions.MethodNotImplemented, match=name):
        ask()


@google_differs("pubsub_host", "makes subscriptions as if they were not asked for it", RPC)
@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("enable_exactly_once_delivery", {"enable_exactly_once_delivery": True}),
        ("bigquery_config", {"bigquery_config": {"table": "p.d.t"}}),
        ("expiration_policy.ttl", {"expiration_policy": {"ttl": timedelta(days=2)}}),
        (
            "push_config.oidc_token",
            {
                "push_config": {
                    "push_endpoint": "http://127.0.0.1:1/push",
                    "oidc_token": {"service_account_email": "push@p.iam.gserviceaccount.com"},
                }
            },
        ),
        ("detached", {"detached": True}),
    ],
)
def test_what_a_subscription_lacks_is_refused_by_name(
    pubsub: PubSub, name: str, config: dict[str, Any]
) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match=name):
        pubsub.create(**config)


@google_differs("pubsub_host", "makes topics as if they were not asked for it", RPC)
@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("kms_key_name", {"kms_key_name": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}),
        (
            "message_storage_policy",
            {"message_storage_policy": {"allowed_persistence_regions": ["europe-west1"]}},
        ),
    ],
)
def test_what_a_topic_lacks_is_refused_by_name(
    pubsub: PubSub, name: str, config: dict[str, Any]
) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match=name):
        pubsub.publisher.create_topic(request={"name": pubsub.topic(), **config}, **AT_ONCE)


def test_a_subscription_that_never_expires_may_be_asked_for(pubsub: PubSub) -> None:
    pubsub.create(expiration_policy={})
