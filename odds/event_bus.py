"""The event bus: its topics and which of them an event takes, from ``event_bus.yaml``."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import msgspec.yaml

from odds.command import EventVelocity

OTHER = "other"


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: str
    ordered_by_game: bool


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How every topic is pushed to the projector; times in seconds."""

    name: str
    push_path: str
    ack_deadline_seconds: int
    min_backoff_seconds: int
    max_backoff_seconds: int
    max_delivery_attempts: int


class DeadLetter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: str
    subscription: str


class Topic(NamedTuple):
    name: str
    tier: EventVelocity
    ordered_by_game: bool


class Route(NamedTuple):
    """Where an event goes; ``ordering_key`` is empty on a topic that keeps no order."""

    topic: str
    ordering_key: str


class EventBus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    domains: tuple[str, ...]
    game_types: tuple[str, ...]
    tiers: dict[EventVelocity, Tier]
    subscription: Subscription
    dead_letter: DeadLetter

    @classmethod
    def parse(cls, text: bytes) -> "EventBus":
        """What ``event_bus.yaml`` says. Raises msgspec.DecodeError that names what is wrong."""
        return msgspec.yaml.decode(text, type=cls)

    def topics(self) -> tuple[Topic, ...]:
        """Every topic that events travel on, each once."""
        return tuple(dict.fromkeys(self._every_topic()))

    def game_type(self, given: str | None, game_id: str) -> str:
        """The listed game type of a game: as given, else GameID's prefix, else ``other``."""
        prefix, colon, _ = game_id.partition(":")
        game_type = given if given is not None else prefix if colon else OTHER
        return game_type if game_type in self.game_types else OTHER

    def route(self, tier: EventVelocity, domain: str, game_type: str, game_id: str) -> Route:
        """The topic and ordering key of an event of this game."""
        topic = self.tiers[tier].topic.format(domain=domain.lower(), game_type=game_type)
        return Route(topic, game_id if self.tiers[tier].ordered_by_game else "")

    def _every_topic(self) -> Iterator[Topic]:
        for name, tier in self.tiers.items():
            for domain in self.domains:
                for game_type in self.game_types:
                    topic = tier.topic.format(domain=domain, game_type=game_type)
                    yield Topic(topic, name, tier.ordered_by_game)
