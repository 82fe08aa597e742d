"""google.pubsub.v1.Publisher."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types

from local.emulators.pubsub import configs, limits, names
from local.emulators.pubsub.bus import Bus
from local.emulators.pubsub.paging import page

_PublishResponse = types.PublishResponse.pb()
_ListTopicsResponse = types.ListTopicsResponse.pb()
_ListTopicSubscriptionsResponse = types.ListTopicSubscriptionsResponse.pb()

Message = Any


class PublisherServicer:
    """Its methods take and return bare messages of the API, and raise Refusal."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def create_topic(self, request: Message) -> Message:
        config = configs.new_topic(request)
        await self._bus.create_topic(config)
        return config

    async def update_topic(self, request: Message) -> Message:
        topic = self._bus.topic(request.topic.name)
        config = configs.changed(topic.config, request.topic, request.update_mask)
        await self._bus.change_topic(topic, config)
        return config

    async def get_topic(self, request: Message) -> Message:
        return self._bus.topic(names.check("topics", request.topic)).config

    async def list_topics(self, request: Message) -> Message:
        known = (each for each in self._bus.topics if names.project(each) == request.project)
        listed, token = page(known, request.page_size, request.page_token)
        topics = [self._bus.topics[name].config for name in listed]
        return _ListTopicsResponse(topics=topics, next_page_token=token)

    async def list_topic_subscriptions(self, request: Message) -> Message:
        known = (each.config.name for each in self._bus.topic(request.topic).subscriptions)
        listed, token = page(known, request.page_size, request.page_token)
        return _ListTopicSubscriptionsResponse(subscriptions=listed, next_page_token=token)

    async def delete_topic(self, request: Message) -> Message:
        await self._bus.delete_topic(request.topic)
        return Empty()

    async def publish(self, request: Message) -> Message:
        topic = self._bus.topic(request.topic)
        limits.check(request)
        return _PublishResponse(message_ids=await self._bus.publish(topic, request.messages))
