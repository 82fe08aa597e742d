"""Messages set aside, published again: those that the projector parked, and dead letters."""

from odds.adapters.event_store.parked_messages import ParkedMessage, ParkedMessages
from odds.event_bus import EventBus, Route
from replayer import facts
from replayer.dead_letters import SOURCE, DeadLetter, DeadLetters
from replayer.outlet import Outgoing, Outlet

_OF_THE_BUS = ("CloudPubSub", "googclient_")
"""How attributes start that Pub/Sub and its clients add."""


class NotTaken(Exception):
    """The bus refuses the message for good; it stays where it was set aside."""


class Redrive:
    """Publishes to the topic whose subscription could not take the message."""

    def __init__(self, bus: EventBus, prefix: str, outlet: Outlet) -> None:
        """``prefix`` stands before the name of each topic of the environment."""
        self._bus = bus
        self._outlet = outlet
        name = bus.subscription.name
        self._topics = {prefix + name.format(topic=topic.name): topic for topic in bus.topics()}

    def parked(self, message: ParkedMessage, parked: ParkedMessages) -> None:
        """Publish, then forget the message, unless it has been parked again by then.

        Raises NoRoute, NotTaken, EventBusUnavailable or EventStoreUnavailable.
        """
        route = self._route(message.data, message.attributes, message.subscription)
        self._publish(Outgoing(route, message.data, _own(message.attributes)))
        parked.remove(message)

    def dead_letter(self, letter: DeadLetter, letters: DeadLetters) -> None:
        """Publish, then acknowledge. Raises NoRoute, NotTaken or EventBusUnavailable."""
        source = letter.attributes.get(SOURCE, "")
        route = self._route(letter.data, letter.attributes, source)
        self._publish(Outgoing(route, letter.data, _own(letter.attributes)))
        letters.acknowledge([letter])

    def _publish(self, message: Outgoing) -> None:
        for refused in self._outlet.publish([message]):
            raise NotTaken(refused.reason)

    def _route(self, data: bytes, attributes: dict[str, str], subscription: str) -> Route:
        topic = self._topics.get(subscription.rpartition("/")[2])
        if topic is None:
            event = facts.read(data)
            return self._bus.route(event.velocity, event.domain, event.game_type, event.game_id)
        return Route(topic.name, attributes.get("game_id", "") if topic.ordered_by_game else "")


def _own(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if not name.startswith(_OF_THE_BUS)}
