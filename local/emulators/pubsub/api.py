"""The API's services: their methods, and bare messages."""

from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

from local.emulators.methods import Methods, methods

PUBLISHER = "google.pubsub.v1.Publisher"
SUBSCRIBER = "google.pubsub.v1.Subscriber"

Topic = types.Topic.pb()
Subscription = types.Subscription.pb()


def publisher_methods() -> Methods:
    return methods(PublisherGrpcAsyncIOTransport, PUBLISHER)


def subscriber_methods() -> Methods:
    return methods(SubscriberGrpcAsyncIOTransport, SUBSCRIBER)
